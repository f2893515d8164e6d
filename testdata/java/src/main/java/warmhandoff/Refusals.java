package warmhandoff;

import static warmhandoff.Referral.to;

import ca.uhn.fhir.rest.api.DeleteCascadeModeEnum;
import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.server.exceptions.AuthenticationException;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import ca.uhn.fhir.rest.server.exceptions.UnprocessableEntityException;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Meta;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Subscription;
import org.hl7.fhir.r4.model.Task;

/** What is refused: the kind of the exception, the outcome in it, and that its message holds our words. */
final class Refusals {
  private final Wire wire;
  private final Organization clinic;
  private Task task;

  private Refusals(Wire wire) {
    this.wire = wire;
    clinic = wire.create(Referral.organization(wire.own("ian-clinic"), "Bayview Clinic"));
    Organization agency = wire.create(Referral.organization(wire.own("ian-agency"), "Harbor House"));
    Patient person = wire.create(Referral.person(wire.own("ian"), "Ian"));
    Consent consent = wire.create(Referral.consent(to(person), to(clinic), to(agency)));
    ServiceRequest request = wire.create(Referral.request(wire.own("ian-request"), to(person), to(clinic), to(consent)));
    task = wire.create(Referral.task(wire.own("ian-task"), to(request), to(person), to(clinic), to(agency)));
  }

  static void play(Steps steps, Wire wire) {
    Refusals[] made = new Refusals[1];
    steps.step("a referral to do wrong things to", () -> made[0] = new Refusals(wire));
    Refusals r = made[0];
    steps.step("a resource that lacks what it must have", r::incomplete);
    steps.step("a move that is not open", r::move);
    steps.step("what is not there", r::absent);
    steps.step("a Task that somebody else moved meanwhile", r::meanwhile);
    steps.step("an id that belongs to another", r::taken);
    steps.step("a search that is not understood, strictly and not", r::search);
    steps.step("a patch that does not fit", r::patch);
    steps.step("operations that are not there", r::operations);
    steps.step("what may not be changed", r::append);
    steps.step("a Binary sent as what it holds", r::raw);
    steps.step("a subscription is kept, and says that it is off", r::subscription);
    steps.step("a token, where none is given out", r::token);
  }

  /** Holds that an exception has an outcome, and its first words in its message, and the code among its issues. */
  private static void told(BaseServerResponseException e, String code) {
    Steps.that(e.getOperationOutcome() instanceof OperationOutcome, "no outcome in " + e);
    OperationOutcome o = (OperationOutcome) e.getOperationOutcome();
    Steps.has(e.getMessage(), o.getIssueFirstRep().getDetails().getText());
    Steps.that(o.getIssue().stream().anyMatch(i -> i.getCode().toCode().equals(code)), "no " + code + " in " + e.getMessage());
  }

  private void incomplete() {
    InvalidRequestException e = Steps.refused(InvalidRequestException.class, () -> wire.run(wire.fhir.create().resource(new Task())));
    told(e, "required");
    OperationOutcome o = (OperationOutcome) e.getOperationOutcome();
    List<String> paths = o.getIssue().stream().filter(i -> i.hasExpression()).map(i -> i.getExpression().get(0).getValue()).toList();
    Steps.that(paths.containsAll(List.of("Task.status", "Task.intent")), "paths: " + paths);
  }

  private void move() {
    Task t = wire.read(Task.class, task.getIdElement());
    t.setStatus(Task.TaskStatus.COMPLETED);
    UnprocessableEntityException e = Steps.refused(UnprocessableEntityException.class, () -> wire.update(t));
    told(e, "business-rule");
    Steps.has(e.getMessage(), "accepted");
    Steps.same(Task.TaskStatus.REQUESTED, wire.read(Task.class, task.getIdElement()).getStatus(), "status");
  }

  private void absent() {
    told(Steps.refused(ResourceNotFoundException.class, () -> wire.run(wire.fhir.read().resource(Task.class).withId("nobody"))), "not-found");
    told(Steps.refused(ResourceNotFoundException.class, () -> wire.run(wire.fhir.read().resource(Task.class)
        .withIdAndVersion(task.getIdElement().getIdPart(), "99"))), "not-found");
    told(Steps.refused(ResourceNotFoundException.class, () -> wire.run(wire.fhir.history().onInstance(new IdType("Task/nobody")).returnBundle(Bundle.class))), "not-found");
  }

  /** Two read the same version; the first one's update stands, and the second is told so, with If-Match. */
  private void meanwhile() {
    Task mine = wire.read(Task.class, task.getIdElement());
    Task theirs = wire.read(Task.class, task.getIdElement());
    theirs.setStatus(Task.TaskStatus.ACCEPTED);
    task = wire.update(theirs);
    mine.setStatus(Task.TaskStatus.REJECTED);
    PreconditionFailedException e = Steps.refused(PreconditionFailedException.class, () -> wire.run(wire.fhir.update().resource(mine).withId(mine.getIdElement())));
    told(e, "conflict");
    mine.setStatus(Task.TaskStatus.CANCELLED);
    told(Steps.refused(UnprocessableEntityException.class, () -> wire.update(mine)), "business-rule");
  }

  /** An update under a condition that picks nothing, with the id of something else in the resource, is no update of that. */
  private void taken() {
    Organization other = Referral.organization(wire.own("taken"), "Taken");
    other.setId(clinic.getIdElement().getIdPart());
    ResourceVersionConflictException e = Steps.refused(ResourceVersionConflictException.class, () -> wire.run(wire.fhir.update().resource(other)
        .conditionalByUrl("Organization?identifier=" + Referral.EHR + "%7C" + wire.own("taken"))));
    told(e, "conflict");
    Steps.same("Bayview Clinic", wire.read(Organization.class, clinic.getIdElement()).getName(), "name");
  }

  private void search() {
    var query = wire.fhir.search().byUrl("Task?favourite-color=blue&status=requested");
    Bundle found = wire.run(query.returnBundle(Bundle.class));
    Steps.that(found.getEntry().stream().anyMatch(e -> e.getResource() instanceof OperationOutcome), "no warning");
    AdditionalRequestHeadersInterceptor strict = new AdditionalRequestHeadersInterceptor();
    strict.addHeaderValue("Prefer", "handling=strict");
    wire.fhir.registerInterceptor(strict);
    try {
      told(Steps.refused(InvalidRequestException.class, () -> wire.run(query.returnBundle(Bundle.class))), "not-supported");
    } finally {
      wire.fhir.unregisterInterceptor(strict);
    }
    told(Steps.refused(InvalidRequestException.class, () -> wire.run(wire.fhir.search().byUrl("Task?authored-on=yesterday").returnBundle(Bundle.class))), "not-supported");
  }

  private void patch() {
    Parameters p = Resources.replace("Task.descriptionn", "x");
    BaseServerResponseException e = Steps.refused(BaseServerResponseException.class,
        () -> wire.run(wire.fhir.patch().withFhirPatch(p).withId(task.getIdElement().toUnqualifiedVersionless())));
    Steps.has(e.getMessage(), ((OperationOutcome) e.getOperationOutcome()).getIssueFirstRep().getDetails().getText());
    Steps.refused(BaseServerResponseException.class, () -> wire.run(wire.fhir.patch()
        .withBody("[{\"op\": \"test\", \"path\": \"/status\", \"value\": \"draft\"}]").withId(task.getIdElement().toUnqualifiedVersionless())));
  }

  /** HAPI's own server has these; this one says that it does not. */
  private void operations() {
    IdType id = task.getIdElement().toUnqualifiedVersionless();
    BaseServerResponseException e = Steps.refused(BaseServerResponseException.class, () -> wire.run(wire.fhir.meta().get(Meta.class).fromResource(id)));
    told(e, "not-found");
    e = Steps.refused(BaseServerResponseException.class, () -> wire.run(wire.fhir.meta().add().onResource(id).meta(new Meta().addTag(new Coding("urn:example:tag", "x", null)))));
    told(e, "not-found");
    e = Steps.refused(BaseServerResponseException.class, () -> wire.run(wire.fhir.operation().onServer().named("$export").withNoParameters(Parameters.class).useHttpGet()));
    told(e, "not-found");
    e = Steps.refused(BaseServerResponseException.class, () -> wire.run(wire.fhir.delete().resourceById(id).cascade(DeleteCascadeModeEnum.DELETE)));
    Steps.has(e.getMessage(), "_cascade");
    Steps.same(Task.TaskStatus.ACCEPTED, wire.read(Task.class, task.getIdElement()).getStatus(), "status");
  }

  private void append() {
    AuditEvent a = new AuditEvent().setType(new Coding("http://dicom.nema.org/resources/ontology/DCM", "110110", null)).setRecorded(Referral.hours(0));
    a.addAgent().setRequestor(true).setWho(to(clinic));
    a.getSource().setObserver(to(clinic));
    AuditEvent made = wire.create(a);
    made.setOutcomeDesc("changed");
    BaseServerResponseException e = Steps.refused(BaseServerResponseException.class, () -> wire.update(made));
    Steps.same(405, e.getStatusCode(), "status");
  }

  /** HAPI sends a Binary as the bytes in it. This server keeps resources alone, and says in which formats it takes them. */
  private void raw() {
    BaseServerResponseException e = Steps.refused(BaseServerResponseException.class,
        () -> wire.run(wire.fhir.create().resource(new Binary().setContentType("text/plain").setData(new byte[] {104, 105}))));
    Steps.same(415, e.getStatusCode(), "status");
    Steps.has(e.getMessage(), "415");
  }

  private void subscription() {
    Subscription s = new Subscription().setStatus(Subscription.SubscriptionStatus.REQUESTED).setReason("to know").setCriteria("Task?owner=" + "Organization/x");
    s.getChannel().setType(Subscription.SubscriptionChannelType.RESTHOOK).setEndpoint("https://harbor.example/hook").setPayload("application/fhir+json");
    Subscription kept = wire.create(s);
    Steps.same(Subscription.SubscriptionStatus.OFF, kept.getStatus(), "status");
    Steps.that(kept.hasError(), "no error");
    s.setCriteria("what ever");
    told(Steps.refused(UnprocessableEntityException.class, () -> wire.create(s)), "value");
  }

  private void token() {
    BearerTokenAuthInterceptor token = new BearerTokenAuthInterceptor("not-a-token");
    wire.fhir.registerInterceptor(token);
    try {
      AuthenticationException e = Steps.refused(AuthenticationException.class, () -> wire.read(Task.class, task.getIdElement()));
      Steps.has(e.getMessage(), "401");
    } finally {
      wire.fhir.unregisterInterceptor(token);
    }
  }
}
