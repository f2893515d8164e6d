package warmhandoff;

import static warmhandoff.Referral.to;
import static warmhandoff.Referral.value;

import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.MessageHeader;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Task;
import org.hl7.fhir.r4.model.UriType;

/** Operations, and what one organization hands to another. */
final class Exchange {
  private final Wire wire;
  private final Organization clinic;
  private final Organization agency;
  private Task task;

  private Exchange(Wire wire) {
    this.wire = wire;
    clinic = wire.create(Referral.organization(wire.own("hal-clinic"), "Bayview Clinic"));
    agency = wire.create(Referral.organization(wire.own("hal-agency"), "Harbor House"));
  }

  static void play(Steps steps, Wire wire) {
    Exchange[] made = new Exchange[1];
    steps.step("two organizations", () -> made[0] = new Exchange(wire));
    Exchange x = made[0];
    steps.step("a message refers somebody, and its answer names the Task", x::message);
    steps.step("$handoff of the request, by GET and by POST", x::handoff);
    steps.step("$package holds what may go to the agency", x::parcel);
    steps.step("$validate of what is right", x::valid);
    steps.step("$validate of what is wrong says all of it", x::invalid);
    steps.step("$validate for a profile", x::profile);
    steps.step("our codes are there to be read", x::codes);
  }

  private void message() {
    Patient person = Referral.person(wire.own("hal"), "Hal");
    person.setId(uuid(2));
    Consent consent = Referral.consent(new Reference(uuid(2)), to(clinic), to(agency));
    consent.setId(uuid(4));
    ServiceRequest request = Referral.request(wire.own("hal-request"), new Reference(uuid(2)), to(clinic), new Reference(uuid(4)));
    request.setId(uuid(3));
    MessageHeader header = new MessageHeader();
    header.setId(uuid(1));
    header.setEvent(new Coding("https://fhir.nhs.uk/CodeSystem/message-events-bars", "servicerequest-request", null));
    header.setReason(Referral.concept("https://fhir.nhs.uk/CodeSystem/message-reason-bars", "new"));
    header.getSource().setName("Bayview").setEndpoint("https://bayview.example/fhir");
    header.addDestination().setEndpoint("https://warmhandoff.example/fhir").setReceiver(to(agency));
    header.addFocus(new Reference(uuid(3)));
    Bundle bundle = new Bundle().setType(Bundle.BundleType.MESSAGE).setTimestamp(Referral.hours(0));
    for (Resource r : List.of(header, person, consent, request)) {
      bundle.addEntry().setFullUrl(r.getId()).setResource(r);
    }
    Bundle reply = wire.run(wire.fhir.operation().processMessage().setMessageBundle(bundle).synchronous(Bundle.class));
    MessageHeader answer = (MessageHeader) reply.getEntryFirstRep().getResource();
    Steps.same(MessageHeader.ResponseType.OK, answer.getResponse().getCode(), "code");
    Bundle found = wire.run(wire.fhir.search().forResource(Task.class).where(Task.OWNER.hasId(to(agency).getReference())).returnBundle(Bundle.class));
    Steps.same(1, found.getEntry().size(), "Tasks at the agency");
    task = (Task) found.getEntryFirstRep().getResource();
    Steps.same(Task.TaskStatus.REQUESTED, task.getStatus(), "status");
  }

  private String uuid(int n) {
    return "urn:uuid:0000000" + n + "-0000-4000-9000-00000000000" + wire.manner.ordinal();
  }

  private void handoff() {
    for (boolean get : new boolean[] {true, false}) {
      var ask = wire.fhir.operation().onInstance(task.getFocus().getReferenceElement()).named("handoff").withNoParameters(Parameters.class);
      Parameters p = wire.run(get ? ask.useHttpGet() : ask);
      Steps.that(p.getParameter().size() > 1, "nothing is said");
      Steps.same(get ? "GET" : "POST", wire.asked.getHttpVerbName(), "method");
    }
    Parameters of = wire.run(wire.fhir.operation().onInstance(to(task).getReferenceElement()).named("$handoff").withNoParameters(Parameters.class).useHttpGet());
    Steps.same("offered", value(of, "state"), "state");
  }

  private void parcel() {
    IBaseResource parcel = wire.run(wire.fhir.operation().onInstance(to(task).getReferenceElement()).named("$package")
        .withNoParameters(Parameters.class).useHttpGet().returnResourceType(Bundle.class));
    List<String> types = ((Bundle) parcel).getEntry().stream().map(e -> e.getResource().fhirType()).distinct().toList();
    Steps.that(types.contains("ServiceRequest") && types.contains("Patient"), "in the package: " + types);
  }

  private void valid() {
    MethodOutcome done = wire.run(wire.fhir.validate().resource(Referral.task(wire.own("v"), task.getFocus(), task.getFor(), to(clinic), to(agency))));
    Steps.that(errors(done).isEmpty(), "errors: " + errors(done));
    OperationOutcome outcome = (OperationOutcome) done.getOperationOutcome();
    Steps.that(outcome.hasIssue(), "an outcome without an issue");
  }

  private static List<String> errors(MethodOutcome done) {
    return ((OperationOutcome) done.getOperationOutcome()).getIssue().stream()
        .filter(i -> i.getSeverity() == OperationOutcome.IssueSeverity.ERROR || i.getSeverity() == OperationOutcome.IssueSeverity.FATAL)
        .map(i -> i.getExpression().get(0).getValue() + ": " + i.getDiagnostics()).toList();
  }

  private void invalid() {
    Task wrong = new Task();
    wrong.setFor(new Reference("#nobody"));
    List<String> errors;
    try {
      errors = errors(wire.run(wire.fhir.validate().resource(wrong)));
    } catch (BaseServerResponseException e) {
      throw new AssertionError("$validate of what is wrong is no failure of $validate: " + e.getMessage(), e);
    }
    for (String path : new String[] {"Task.status", "Task.intent", "Task.for"}) {
      Steps.that(errors.stream().anyMatch(e -> e.startsWith(path + ":") || e.startsWith(path + ".")), path + " is not among " + errors);
    }
  }

  private void profile() {
    Parameters in = new Parameters();
    in.addParameter().setName("resource").setResource(Referral.task(wire.own("v"), task.getFocus(), task.getFor(), to(clinic), to(agency)));
    in.addParameter().setName("profile").setValue(new UriType("http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"));
    OperationOutcome out = wire.run(wire.fhir.operation().onType(Task.class).named("$validate").withParameters(in).returnResourceType(OperationOutcome.class));
    Steps.that(out.hasIssue(), "an outcome without an issue");
  }

  private void codes() {
    Bundle found = wire.run(wire.fhir.search().forResource(CodeSystem.class).where(CodeSystem.URL.matches().value("urn:warmhandoff:state")).returnBundle(Bundle.class));
    Steps.same(1, found.getEntry().size(), "CodeSystems");
    CodeSystem states = (CodeSystem) found.getEntryFirstRep().getResource();
    Steps.that(states.getConcept().stream().anyMatch(c -> c.getCode().equals("attended")), "no attended among the states");
  }
}
