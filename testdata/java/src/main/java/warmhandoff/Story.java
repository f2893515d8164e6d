package warmhandoff;

import static warmhandoff.Referral.to;
import static warmhandoff.Referral.value;

import java.util.List;
import org.hl7.fhir.r4.model.Appointment;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Encounter;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Task;

/** The story itself: referred, accepted, booked, seen; and once: booked, missed, booked again, seen. */
final class Story {
  private final Wire wire;
  private final Organization clinic;
  private final Organization agency;
  private Patient person;
  private Consent consent;
  private ServiceRequest request;
  private Task task;
  private Appointment booking;
  private Encounter visit;

  private Story(Wire wire, String who) {
    this.wire = wire;
    clinic = wire.create(Referral.organization(wire.own(who + "-clinic"), "Bayview Clinic"));
    agency = wire.create(Referral.organization(wire.own(who + "-agency"), "Harbor House"));
  }

  static void play(Steps steps, Wire wire) {
    Story[] told = new Story[2];
    steps.step("the two organizations are there", () -> told[0] = new Story(wire, "ada"));
    Story ada = told[0];
    steps.step("an EHR refers a person", () -> ada.refer("ada"));
    steps.step("the agency finds what it is asked", ada::poll);
    steps.step("the agency accepts", () -> {
      ada.move(Task.TaskStatus.ACCEPTED);
      ada.is("accepted", "");
    });
    steps.step("a visit is booked", () -> {
      ada.booking = wire.create(Referral.booking(to(ada.request), to(ada.person)));
      ada.is("scheduled", "");
    });
    steps.step("the person comes, and the loop closes by itself", () -> {
      ada.visit = wire.create(Referral.visit(to(ada.booking), to(ada.person), to(ada.agency)));
      ada.is("attended", "A");
    });
    steps.step("the EHR reads that the Task is completed, with the evidence in its output", ada::completed);
    steps.step("the visit ends, and stays a visit", () -> {
      ada.visit.setStatus(Encounter.EncounterStatus.FINISHED).getPeriod().setEnd(Referral.hours(0));
      ada.visit = wire.update(ada.visit);
      ada.is("attended", "A");
    });
    steps.step("the history tells who moved the Task when", ada::history);
    steps.step("what was sent came back as it was sent", ada::whole);

    steps.step("a second person is referred to a second agency", () -> told[1] = new Story(wire, "bea"));
    Story bea = told[1];
    steps.step("the agency accepts and books", () -> {
      bea.refer("bea");
      bea.move(Task.TaskStatus.ACCEPTED);
      bea.booking = wire.create(Referral.booking(to(bea.request), to(bea.person)));
      bea.is("scheduled", "");
    });
    steps.step("she does not come", () -> {
      bea.booking.setStatus(Appointment.AppointmentStatus.NOSHOW);
      bea.booking = wire.update(bea.booking);
      Parameters told2 = bea.is("outreach", "");
      Steps.same("missed", value(told2, "reason"), "reason");
    });
    steps.step("that the agency says completed does not make it so", () -> {
      bea.move(Task.TaskStatus.INPROGRESS);
      bea.task = wire.read(Task.class, bea.task.getIdElement());
      bea.task.setStatus(Task.TaskStatus.COMPLETED);
      Task held = wire.update(bea.task);
      Steps.same(Task.TaskStatus.INPROGRESS, held.getStatus(), "the status that came back");
      Steps.same("unconfirmed", value(bea.ask(), "state"), "state");
    });
  }

  /** Posts what an EHR posts, one after the other. */
  private void refer(String who) {
    person = wire.create(Referral.person(wire.own(who), who.equals("ada") ? "Ada" : "Bea"));
    consent = wire.create(Referral.consent(to(person), to(clinic), to(agency)));
    request = wire.create(Referral.request(wire.own(who + "-request"), to(person), to(clinic), to(consent)));
    task = wire.create(Referral.task(wire.own(who + "-task"), to(request), to(person), to(clinic), to(agency)));
    Steps.same("1", task.getMeta().getVersionId(), "version");
    is("offered", "");
  }

  private void poll() {
    Bundle found = wire.run(wire.fhir.search().forResource(Task.class)
        .where(Task.OWNER.hasId(to(agency).getReference())).and(Task.STATUS.exactly().code("requested"))
        .include(Task.INCLUDE_FOCUS).include(Task.INCLUDE_SUBJECT).sort().descending("_lastUpdated").returnBundle(Bundle.class));
    Steps.same(List.of(task.getIdElement().getIdPart()), Wire.matches(found), "found");
    Steps.same(List.of("Patient", "ServiceRequest"), Wire.included(found), "included");
  }

  /** Moves the Task as an agency's app does: read, changed, written whole, with the version that was read. */
  private void move(Task.TaskStatus status) {
    task = wire.read(Task.class, task.getIdElement());
    task.setStatus(status).setLastModified(Referral.hours(0));
    task = (Task) wire.run(wire.fhir.update().resource(task).withId(task.getIdElement())).getResource();
    Steps.same(status, task.getStatus(), "status");
  }

  private Parameters ask() {
    return wire.run(wire.fhir.operation().onInstance(new IdType("Task", task.getIdElement().getIdPart())).named("$handoff")
        .withNoParameters(Parameters.class).useHttpGet());
  }

  /** Asks about the Task and about its request, and holds the answers against what should be so. */
  private Parameters is(String state, String grade) {
    Parameters p = ask();
    Steps.same(state, value(p, "state"), "state");
    Steps.same(grade, value(p, "grade"), "grade");
    Parameters byRequest = wire.run(wire.fhir.operation().onInstance(new IdType("ServiceRequest", request.getIdElement().getIdPart()))
        .named("$handoff").withNoParameters(Parameters.class));
    Steps.that(!byRequest.getParameter().isEmpty(), "nothing is said of the request");
    return p;
  }

  private void completed() {
    task = wire.read(Task.class, task.getIdElement());
    Steps.same(Task.TaskStatus.COMPLETED, task.getStatus(), "status");
    List<String> shown = task.getOutput().stream().filter(o -> o.getType().hasCoding("urn:warmhandoff:output", "evidence"))
        .map(o -> ((Reference) o.getValue()).getReference()).toList();
    Steps.same(List.of(to(visit).getReference()), shown, "evidence");
    Steps.that(task.getBusinessStatus().hasCoding("urn:warmhandoff:state", "attended"), "no business status of ours");
  }

  private void history() {
    Bundle all = wire.run(wire.fhir.history().onInstance(task.getIdElement().toUnqualifiedVersionless()).returnBundle(Bundle.class));
    List<String> said = all.getEntry().stream().map(e -> ((Task) e.getResource()).getStatus().toCode()).toList();
    Steps.same("completed", said.get(0), "newest");
    Steps.same("requested", said.get(said.size() - 1), "oldest");
    Steps.that(said.contains("accepted"), "nobody accepted: " + said);
    Steps.same("POST", all.getEntry().get(said.size() - 1).getRequest().getMethod().name(), "how it was first written");
  }

  private void whole() {
    Patient read = wire.read(Patient.class, person.getIdElement());
    Patient sent = Referral.person(wire.own("ada"), "Ada");
    sent.setId(read.getIdElement());
    sent.setMeta(read.getMeta());
    Steps.that(sent.equalsDeep(read), "another person came back: " + wire.context.newJsonParser().encodeToString(read));
  }
}
