package warmhandoff;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Narrative;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Task;

/** The resources of a referral, all fictional. Times are in whole seconds. */
final class Referral {
  static final String EHR = "urn:example:ehr";

  private Referral() {}

  static Patient person(String key, String given) {
    Patient p = new Patient();
    p.addIdentifier(identifier(key));
    p.addName().setFamily("Quince").addGiven(given);
    p.setGender(AdministrativeGender.FEMALE).setBirthDate(new Date(0));
    p.getText().setStatus(Narrative.NarrativeStatus.GENERATED);
    p.getText().setDivAsString("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>" + given + " <b>Quince</b> &amp; family</p></div>");
    return p;
  }

  static Organization organization(String key, String name) {
    Organization o = new Organization().setActive(true).setName(name);
    o.addIdentifier(identifier(key));
    o.addType(concept("http://hl7.org/gravity/CodeSystem/sdohcc-temporary-organization-type", "cbo"));
    return o;
  }

  /** Gives a consent by which both organizations may know. */
  static Consent consent(Reference person, Reference referrer, Reference agency) {
    Consent c = new Consent().setStatus(Consent.ConsentState.ACTIVE).setPatient(person).setDateTime(hours(-72));
    c.setScope(concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"));
    c.addCategory(concept("http://loinc.org", "59284-0"));
    c.addOrganization(referrer);
    c.setPolicyRule(concept("http://terminology.hl7.org/CodeSystem/consentpolicycodes", "hipaa-auth"));
    c.getProvision().setType(Consent.ConsentProvisionType.PERMIT);
    for (Reference party : new Reference[] {referrer, agency}) {
      c.getProvision().addActor().setReference(party).setRole(concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"));
    }
    return c;
  }

  static ServiceRequest request(String key, Reference person, Reference referrer, Reference consent) {
    ServiceRequest r = new ServiceRequest().setStatus(ServiceRequest.ServiceRequestStatus.ACTIVE);
    r.setIntent(ServiceRequest.ServiceRequestIntent.ORDER).setPriority(ServiceRequest.ServiceRequestPriority.ROUTINE);
    r.addIdentifier(identifier(key));
    r.setCode(new CodeableConcept().setText("Counseling, first visit"));
    return r.setSubject(person).setRequester(referrer).setAuthoredOn(hours(-48)).addSupportingInfo(consent);
  }

  static Task task(String key, Reference request, Reference person, Reference referrer, Reference agency) {
    Task t = new Task().setStatus(Task.TaskStatus.REQUESTED).setIntent(Task.TaskIntent.ORDER);
    t.addIdentifier(identifier(key));
    t.setCode(concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"));
    return t.setFocus(request).setFor(person).setRequester(referrer).setOwner(agency).setAuthoredOn(hours(-47)).setLastModified(hours(-47));
  }

  /** Gives a booking that begins now. */
  static Appointment booking(Reference request, Reference person) {
    Appointment a = new Appointment().setStatus(Appointment.AppointmentStatus.BOOKED).addBasedOn(request);
    a.setStart(hours(0)).setEnd(hours(1)).setCreated(hours(-24));
    a.addParticipant().setActor(person).setStatus(Appointment.ParticipationStatus.ACCEPTED);
    return a;
  }

  /** Gives a visit that has begun. */
  static Encounter visit(Reference booking, Reference person, Reference agency) {
    Encounter e = new Encounter().setStatus(Encounter.EncounterStatus.INPROGRESS).setSubject(person).setServiceProvider(agency);
    e.setClass_(new Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", null)).addAppointment(booking);
    e.getPeriod().setStart(hours(0));
    return e;
  }

  static Identifier identifier(String value) {
    return new Identifier().setSystem(EHR).setValue(value);
  }

  static CodeableConcept concept(String system, String code) {
    return new CodeableConcept().addCoding(new Coding(system, code, null));
  }

  /** Gives a relative reference without a version. */
  static Reference to(Resource resource) {
    return new Reference(resource.getIdElement().toUnqualifiedVersionless());
  }

  static Date hours(int fromNow) {
    return Date.from(Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(fromNow, ChronoUnit.HOURS));
  }

  /** Gives the value of a parameter as text, or nothing where there is none. */
  static String value(Parameters p, String name) {
    return p.getParameter().stream().filter(x -> name.equals(x.getName()) && x.getValue() != null)
        .map(x -> x.getValue().primitiveValue()).findFirst().orElse("");
  }
}
