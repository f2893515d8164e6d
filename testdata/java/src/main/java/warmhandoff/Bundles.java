package warmhandoff;

import static warmhandoff.Referral.EHR;
import static warmhandoff.Referral.to;

import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import ca.uhn.fhir.util.BundleBuilder;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Procedure;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Task;

/** Transactions and batches, as HAPI's own builder makes them. */
final class Bundles {
  private final Wire wire;
  private Organization clinic;
  private Organization agency;
  private Task task;

  private Bundles(Wire wire) {
    this.wire = wire;
  }

  static void play(Steps steps, Wire wire) {
    Bundles b = new Bundles(wire);
    steps.step("a referral in one transaction, by urn:uuid", b::refer);
    steps.step("the same transaction again makes nothing new", b::again);
    steps.step("a transaction of what was read from a search", b::update);
    steps.step("a transaction with patch, condition and delete", b::mixed);
    steps.step("a transaction of reads and searches", b::reads);
    steps.step("a transaction is all or nothing, and says which entry", b::refused);
    steps.step("a list of resources as a transaction", b::list);
    steps.step("a batch does what it can", b::batch);
  }

  private Bundle send(BundleBuilder builder) {
    return wire.run(wire.fhir.transaction().withBundle((Bundle) builder.getBundle()));
  }

  private static List<String> statuses(Bundle done) {
    return done.getEntry().stream().map(e -> e.getResponse().getStatus().substring(0, 3)).toList();
  }

  private <R extends IBaseResource> R placeholder(R resource, int n) {
    resource.setId("urn:uuid:0000000" + n + "-0000-4000-8000-00000000000" + wire.manner.ordinal());
    return resource;
  }

  private Bundle referral() {
    clinic = placeholder(Referral.organization(wire.own("gil-clinic"), "Bayview Clinic"), 1);
    agency = placeholder(Referral.organization(wire.own("gil-agency"), "Harbor House"), 2);
    Patient person = placeholder(Referral.person(wire.own("gil"), "Gil"), 3);
    var consent = placeholder(Referral.consent(raw(person), raw(clinic), raw(agency)), 4);
    ServiceRequest request = placeholder(Referral.request(wire.own("gil-request"), raw(person), raw(clinic), raw(consent)), 5);
    Task asked = Referral.task(wire.own("gil-task"), raw(request), raw(person), raw(clinic), raw(agency));
    BundleBuilder builder = new BundleBuilder(wire.context);
    builder.addTransactionCreateEntry(clinic).conditional("Organization?identifier=" + EHR + "|" + wire.own("gil-clinic"));
    builder.addTransactionCreateEntry(agency).conditional("Organization?identifier=" + EHR + "|" + wire.own("gil-agency"));
    builder.addTransactionCreateEntry(person).conditional("Patient?identifier=" + EHR + "|" + wire.own("gil"));
    builder.addTransactionCreateEntry(consent);
    builder.addTransactionCreateEntry(request).conditional("ServiceRequest?identifier=" + EHR + "|" + wire.own("gil-request"));
    builder.addTransactionCreateEntry(asked).conditional("Task?identifier=" + EHR + "|" + wire.own("gil-task"));
    return (Bundle) builder.getBundle();
  }

  private static Reference raw(IBaseResource placeholder) {
    return new Reference(placeholder.getIdElement().getValue());
  }

  private void refer() {
    Bundle done = wire.run(wire.fhir.transaction().withBundle(referral()));
    Steps.same(Bundle.BundleType.TRANSACTIONRESPONSE, done.getType(), "type");
    Steps.same(List.of("201", "201", "201", "201", "201", "201"), statuses(done), "statuses");
    IdType id = new IdType(done.getEntry().get(5).getResponse().getLocation());
    Steps.same("Task", id.getResourceType(), "type in the location");
    Steps.that(done.getEntry().get(5).getResponse().getOutcome() instanceof OperationOutcome, "nothing says what became of it");
    task = wire.read(Task.class, id);
    Steps.that(task.getFocus().getReference().startsWith("ServiceRequest/") && task.getOwner().getReference().startsWith("Organization/"), "references stayed as they were: " + task.getFocus().getReference());
    clinic = wire.read(Organization.class, task.getRequester().getReferenceElement());
    agency = wire.read(Organization.class, task.getOwner().getReferenceElement());
  }

  private void again() {
    Bundle bundle = referral();
    bundle.getEntry().remove(3);
    bundle.getEntry().stream().filter(e -> e.getResource() instanceof ServiceRequest).forEach(e -> ((ServiceRequest) e.getResource()).setSupportingInfo(null));
    Bundle done = wire.run(wire.fhir.transaction().withBundle(bundle));
    Steps.same(List.of("200", "200", "200", "200", "200"), statuses(done), "statuses");
    Steps.same(task.getIdElement().getIdPart(), new IdType(done.getEntry().get(4).getResponse().getLocation()).getIdPart(), "id");
    agency = wire.read(Organization.class, task.getOwner().getReferenceElement());
    clinic = wire.read(Organization.class, task.getRequester().getReferenceElement());
  }

  /** The Gravity exchange writes back what a search gave it: the ids are absolute and have versions, and so has the url of the entry. */
  private void update() {
    Bundle found = wire.run(wire.fhir.search().forResource(Task.class).where(Task.RES_ID.exactly().code(task.getIdElement().getIdPart()))
        .include(Task.INCLUDE_FOCUS).returnBundle(Bundle.class));
    Task read = (Task) found.getEntry().get(0).getResource();
    Steps.that(read.getIdElement().isAbsolute(), "HAPI gave " + read.getIdElement().getValue());
    read.setStatus(Task.TaskStatus.ACCEPTED).setLastModified(Referral.hours(0));
    Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
    bundle.addEntry().setResource(read).setFullUrl(read.getIdElement().getValue()).getRequest().setMethod(Bundle.HTTPVerb.PUT).setUrl(read.getIdElement().getValue());
    Bundle done = wire.run(wire.fhir.transaction().withBundle(bundle));
    Steps.same(List.of("200"), statuses(done), "statuses");
    task = wire.read(Task.class, task.getIdElement());
    Steps.same(Task.TaskStatus.ACCEPTED, task.getStatus(), "status");
    agency.setAlias(null).addAlias("The Harbor");
    BundleBuilder builder = new BundleBuilder(wire.context);
    builder.addTransactionUpdateEntry(agency);
    Steps.same(List.of("200"), statuses(send(builder)), "statuses of HAPI's own builder");
    Steps.same("The Harbor", wire.read(Organization.class, agency.getIdElement()).getAlias().get(0).getValue(), "alias");
  }

  private void mixed() {
    Organization spare = wire.create(Referral.organization(wire.own("spare"), "Spare"));
    Procedure done = placeholder(new Procedure().setStatus(Procedure.ProcedureStatus.COMPLETED).setSubject(task.getFor()).addBasedOn(task.getFocus()), 7);
    BundleBuilder builder = new BundleBuilder(wire.context);
    builder.addTransactionCreateEntry(done);
    builder.addTransactionFhirPatchEntry(to(clinic).getReferenceElement(), Resources.replace("Organization.name", "Bayview Clinic, East"));
    builder.addTransactionUpdateEntry(Referral.organization(wire.own("gil-third"), "Third")).conditional("Organization?identifier=" + EHR + "|" + wire.own("gil-third"));
    builder.addTransactionDeleteEntry(spare);
    Bundle answer = send(builder);
    Steps.same(List.of("201", "200", "201", "204"), statuses(answer), "statuses");
    Steps.same("Bayview Clinic, East", wire.read(Organization.class, clinic.getIdElement()).getName(), "name");
    Steps.refused(BaseServerResponseException.class, () -> wire.read(Organization.class, spare.getIdElement()));
  }

  private static void get(Bundle bundle, String url) {
    bundle.addEntry().getRequest().setMethod(Bundle.HTTPVerb.GET).setUrl(url);
  }

  private void reads() {
    Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
    get(bundle, to(task).getReference());
    get(bundle, "Organization?_id=" + agency.getIdElement().getIdPart() + "&type=http://hl7.org/gravity/CodeSystem/sdohcc-temporary-organization-type|cbo&_include=Organization:endpoint");
    get(bundle, "Patient?identifier=" + EHR + "|" + wire.own("gil") + "," + EHR + "|" + wire.own("nobody"));
    Bundle done = wire.run(wire.fhir.transaction().withBundle(bundle));
    Steps.same(List.of("200", "200", "200"), statuses(done), "statuses");
    Steps.that(done.getEntry().get(0).getResource() instanceof Task, "no Task in the first");
    for (int i = 1; i < 3; i++) {
      Bundle found = (Bundle) done.getEntry().get(i).getResource();
      Steps.same(Bundle.BundleType.SEARCHSET, found.getType(), "type");
      Steps.same(1, found.getEntry().size(), "found");
    }
  }

  private void refused() {
    BundleBuilder builder = new BundleBuilder(wire.context);
    builder.addTransactionCreateEntry(Referral.organization(wire.own("never"), "Never"));
    builder.addTransactionCreateEntry(new Task().setIntent(Task.TaskIntent.ORDER));
    BaseServerResponseException e = Steps.refused(BaseServerResponseException.class, () -> send(builder));
    Steps.has(e.getMessage(), "Task.status");
    Steps.that(e.getStatusCode() >= 400 && e.getStatusCode() < 500, "status " + e.getStatusCode());
    Bundle found = wire.run(wire.fhir.search().forResource(Organization.class).where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("never"))).returnBundle(Bundle.class));
    Steps.same(0, found.getEntry().size(), "stored of a transaction that failed");
  }

  /** What was found is written back from a list. Of what is new, or was read, HAPI makes an entry without request.url, which R4 wants: that is for HAPI to mend. */
  private void list() {
    agency = (Organization) wire.run(wire.fhir.search().forResource(Organization.class)
        .where(Organization.RES_ID.exactly().code(agency.getIdElement().getIdPart())).returnBundle(Bundle.class)).getEntryFirstRep().getResource();
    agency.addAlias("The House");
    List<IBaseResource> done = wire.run(wire.fhir.transaction().withResources(List.of(agency)));
    Steps.same(1, done.size(), "answers");
    Steps.same(agency.getIdElement().getIdPart(), done.get(0).getIdElement().getIdPart(), "id");
    Steps.same(2, wire.read(Organization.class, agency.getIdElement()).getAlias().size(), "aliases");
    InvalidRequestException e = Steps.refused(InvalidRequestException.class,
        () -> wire.run(wire.fhir.transaction().withResources(List.of(Referral.organization(wire.own("list"), "New")))));
    Steps.has(e.getMessage(), "Bundle.entry.request.url");
  }

  private void batch() {
    Bundle bundle = new Bundle().setType(Bundle.BundleType.BATCH);
    get(bundle, to(task).getReference());
    get(bundle, "Task/nobody");
    bundle.addEntry().setResource(new Task().setIntent(Task.TaskIntent.ORDER)).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Task");
    bundle.addEntry().setResource(Referral.organization(wire.own("batch"), "Batch")).getRequest().setMethod(Bundle.HTTPVerb.POST).setUrl("Organization")
        .setIfNoneExist("identifier=" + EHR + "|" + wire.own("batch"));
    Bundle done = wire.run(wire.fhir.transaction().withBundle(bundle));
    Steps.same(Bundle.BundleType.BATCHRESPONSE, done.getType(), "type");
    Steps.same(List.of("200", "404", "400", "201"), statuses(done), "statuses");
    Steps.has(((OperationOutcome) done.getEntry().get(2).getResponse().getOutcome()).getIssueFirstRep().getDiagnostics(), "status");
    Steps.refused(ResourceNotFoundException.class, () -> wire.run(wire.fhir.read().resource(Task.class).withId("nobody")));
  }
}
