package warmhandoff;

import static warmhandoff.Referral.EHR;
import static warmhandoff.Referral.to;

import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.PreferReturnEnum;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.client.apache.GZipContentInterceptor;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import ca.uhn.fhir.rest.server.exceptions.ResourceGoneException;
import java.math.BigDecimal;
import java.util.List;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Quantity;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;

/** One resource: create, read, update, patch, delete, each also under conditions. */
final class Resources {
  private final Wire wire;
  private Organization elm;

  private Resources(Wire wire) {
    this.wire = wire;
  }

  static void play(Steps steps, Wire wire) {
    Resources r = new Resources(wire);
    steps.step("the server says what it can", r::statement);
    steps.step("create answers with id, version, place and time", r::create);
    steps.step("create under a condition makes one, however often", r::createOnce);
    steps.step("create under a condition that several meet is refused", r::createAmong);
    steps.step("what is unusual comes back whole", r::whole);
    steps.step("Prefer says what comes back", r::prefer);
    steps.step("a body may come packed", r::packed);
    steps.step("read, and not again what has not changed", r::read);
    steps.step("read by an absolute address, and in part", r::part);
    steps.step("vread gives the version that was", r::vread);
    steps.step("update makes a version, the same again makes none", r::update);
    steps.step("update of a version that is no longer the newest is refused", r::stale);
    steps.step("update under a condition creates, then updates", r::updateOnce);
    steps.step("JSON Patch", r::patchJson);
    steps.step("FHIRPath Patch", r::patchFhir);
    steps.step("a patch under a condition", r::patchWhere);
    steps.step("delete, then gone, then back again", r::delete);
    steps.step("delete under a condition", r::deleteWhere);
  }

  private void statement() {
    CapabilityStatement s = wire.run(wire.fhir.capabilities().ofType(CapabilityStatement.class));
    Steps.same("4.0.1", s.getFhirVersion().toCode(), "version");
    CapabilityStatement.CapabilityStatementRestResourceComponent task = s.getRestFirstRep().getResource().stream()
        .filter(r -> r.getType().equals("Task")).findFirst().orElseThrow();
    List<String> does = task.getInteraction().stream().map(i -> i.getCode().toCode()).sorted().toList();
    Steps.same(List.of("create", "delete", "history-instance", "history-type", "patch", "read", "search-type", "update", "vread"), does, "interactions of Task");
    Steps.that(task.getConditionalCreate() && task.getConditionalUpdate(), "no conditions");
    Steps.that(task.getOperation().stream().anyMatch(o -> o.getName().equals("handoff")), "no $handoff");
  }

  private void create() {
    MethodOutcome done = wire.run(wire.fhir.create().resource(Referral.organization(wire.own("elm"), "Elm")));
    Steps.same(201, done.getResponseStatusCode(), "status");
    Steps.same(wire.fhir.getServerBase(), done.getId().getBaseUrl(), "base of the Location");
    Steps.same("1", done.getId().getVersionIdPart(), "version in the Location");
    elm = (Organization) done.getResource();
    Steps.same(done.getId().getIdPart(), elm.getIdElement().getIdPart(), "id");
    Steps.same("Elm", elm.getName(), "name");
    Steps.that(elm.getMeta().getLastUpdated() != null, "no time");
    Steps.same("W/\"1\"", wire.got.getHeaders("etag").get(0), "ETag");
  }

  private void createOnce() {
    for (int i = 0; i < 2; i++) {
      MethodOutcome done = wire.run(wire.fhir.create().resource(Referral.organization(wire.own("oak"), "Oak")).conditional()
          .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("oak"))));
      Steps.same(i == 0 ? 201 : 200, done.getResponseStatusCode(), "status");
      Steps.same("1", done.getId().getVersionIdPart(), "version");
      String sent = wire.asked.getAllHeaders().get("If-None-Exist").get(0);
      Steps.has(sent, wire.fhir.getServerBase() + "/Organization?");
      boolean format = wire.manner == Manner.JSON || wire.manner == Manner.XML;
      Steps.same(format, sent.contains("_format="), "_format in If-None-Exist");
    }
    MethodOutcome done = wire.run(wire.fhir.create().resource(Referral.organization(wire.own("oak"), "Oak"))
        .conditionalByUrl("Organization?identifier=" + EHR + "%7C" + wire.own("oak")));
    Steps.same(200, done.getResponseStatusCode(), "status");
  }

  private void createAmong() {
    for (String name : new String[] {"Ash", "Ash House"}) {
      wire.create(new Organization().setName(name).addIdentifier(Referral.identifier(wire.own("ash"))));
    }
    PreconditionFailedException e = Steps.refused(PreconditionFailedException.class, () -> wire.run(
        wire.fhir.create().resource(Referral.organization(wire.own("ash"), "Ash")).conditional()
            .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("ash")))));
    OperationOutcome why = (OperationOutcome) e.getOperationOutcome();
    Steps.has(e.getMessage(), why.getIssueFirstRep().getDetails().getText());
  }

  /** Contained, extensions also of what has no value, decimals as they were written, white space, signs of all kinds. */
  private void whole() {
    Observation o = new Observation().setStatus(Observation.ObservationStatus.FINAL).setCode(Referral.concept("http://loinc.org", "29463-7"));
    Organization inside = new Organization().setName("Haus \u201eUlme\u201c & S\u00f6hne <1> \ud83c\udf33");
    inside.setId("inside");
    o.addContained(inside);
    o.addPerformer(new Reference("#inside"));
    o.setValue(new Quantity().setValue(new BigDecimal("70.1000")).setUnit("kg"));
    o.addNote().setText("one\n\ttwo  three");
    o.setEffective(new DateTimeType("2026-03-02T09:00:00.120+05:30"));
    o.getIssuedElement().addExtension("http://hl7.org/fhir/StructureDefinition/data-absent-reason", new CodeType("unknown"));
    o.addExtension("http://example.org/fhir/depth", new DecimalType("1.50"));
    Observation made = wire.create(o);
    if (wire.asked.getAllHeaders().get("Content-Type").get(0).contains("xml")) {
      // HAPI writes a new line in an attribute as it is, and XML makes a space of it (XML 1.0, 3.3.3); it should write &#10;.
      o.getNoteFirstRep().setText("one  two  three");
    }
    made = wire.read(Observation.class, made.getIdElement());
    o.setMeta(made.getMeta()).setId(made.getIdElement());
    Steps.same(wire.context.newJsonParser().encodeToString(o), wire.context.newJsonParser().encodeToString(made), "what came back");
    Steps.same("70.1000", made.getValueQuantity().getValueElement().getValueAsString(), "a decimal");
  }

  private void prefer() {
    Organization o = Referral.organization(wire.own("fir"), "Fir");
    MethodOutcome minimal = wire.run(wire.fhir.create().resource(o.copy()).prefer(PreferReturnEnum.MINIMAL));
    Steps.that(minimal.getResource() == null && minimal.getId().hasIdPart(), "something came back, or no id");
    MethodOutcome outcome = wire.run(wire.fhir.create().resource(o.copy()).prefer(PreferReturnEnum.OPERATION_OUTCOME));
    Steps.that(outcome.getOperationOutcome() instanceof OperationOutcome, "no outcome came back");
    MethodOutcome whole = wire.run(wire.fhir.create().resource(o.copy()).prefer(PreferReturnEnum.REPRESENTATION));
    Steps.same("Fir", ((Organization) whole.getResource()).getName(), "name");
  }

  private void packed() {
    GZipContentInterceptor pack = new GZipContentInterceptor();
    wire.fhir.registerInterceptor(pack);
    try {
      Steps.same("Gum", wire.create(Referral.organization(wire.own("gum"), "Gum")).getName(), "name");
      Steps.same(List.of("gzip"), wire.asked.getAllHeaders().get("Content-Encoding"), "Content-Encoding");
    } finally {
      wire.fhir.unregisterInterceptor(pack);
    }
  }

  private void read() {
    Steps.same("Elm", wire.read(Organization.class, elm.getIdElement()).getName(), "name");
    Organization none = wire.run(wire.fhir.read().resource(Organization.class).withId(elm.getIdElement().getIdPart()).ifVersionMatches("1").returnNull());
    Steps.same(null, none, "what has not changed");
    Steps.same(304, wire.got.getStatus(), "status");
  }

  private void part() {
    String address = wire.fhir.getServerBase() + "/" + to(elm).getReference();
    Steps.same("Elm", wire.run(wire.fhir.read().resource(Organization.class).withUrl(address)).getName(), "name");
    Organization some = wire.run(wire.fhir.read().resource(Organization.class).withId(elm.getIdElement().getIdPart()).elementsSubset("active"));
    Steps.that(some.getActive() && some.getName() == null, "not what was asked for");
    Steps.that(some.getMeta().getTag("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED") != null, "not marked as a part");
    Organization short1 = wire.run(wire.fhir.read().resource(Organization.class).withId(elm.getIdElement().getIdPart()).summaryMode(SummaryEnum.TRUE));
    Steps.same("Elm", short1.getName(), "name");
  }

  private void vread() {
    elm.setName("Elm House");
    elm = wire.update(elm);
    Organization first = wire.run(wire.fhir.read().resource(Organization.class).withIdAndVersion(elm.getIdElement().getIdPart(), "1"));
    Steps.same("Elm", first.getName(), "name then");
    Steps.same("1", first.getMeta().getVersionId(), "version");
  }

  private void update() {
    elm.addAlias("The Elm");
    Organization next = wire.update(elm);
    Steps.same("3", next.getMeta().getVersionId(), "version");
    Steps.same("3", wire.update(next).getMeta().getVersionId(), "version after the same again");
    Steps.same(200, wire.got.getStatus(), "status");
    elm = next;
  }

  private void stale() {
    Organization old = wire.run(wire.fhir.read().resource(Organization.class).withIdAndVersion(elm.getIdElement().getIdPart(), "1"));
    old.setName("Elm as it was");
    PreconditionFailedException e = Steps.refused(PreconditionFailedException.class,
        () -> wire.run(wire.fhir.update().resource(old).withId(old.getIdElement().toUnqualified())));
    Steps.that(wire.asked.getAllHeaders().containsKey("If-Match"), "no If-Match was sent");
    Steps.has(e.getMessage(), ((OperationOutcome) e.getOperationOutcome()).getIssueFirstRep().getDetails().getText());
    Steps.same("Elm House", wire.read(Organization.class, elm.getIdElement()).getName(), "name");
  }

  private void updateOnce() {
    String id = null;
    for (String name : new String[] {"Ivy", "Ivy House"}) {
      MethodOutcome done = wire.run(wire.fhir.update().resource(Referral.organization(wire.own("ivy"), name)).conditional()
          .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("ivy"))));
      Steps.same(id == null ? 201 : 200, done.getResponseStatusCode(), "status");
      Steps.that(id == null || id.equals(done.getId().getIdPart()), "two were made");
      id = done.getId().getIdPart();
      Steps.same(name, ((Organization) done.getResource()).getName(), "name");
    }
  }

  private void patchJson() {
    MethodOutcome done = wire.run(wire.fhir.patch()
        .withBody("[{\"op\": \"test\", \"path\": \"/name\", \"value\": \"Elm House\"}, {\"op\": \"replace\", \"path\": \"/name\", \"value\": \"Elm Court\"}]")
        .withId(elm.getIdElement().toUnqualifiedVersionless()));
    Steps.same("Elm Court", ((Organization) done.getResource()).getName(), "name");
    Steps.same("4", done.getId().getVersionIdPart(), "version");
  }

  private void patchFhir() {
    MethodOutcome done = wire.run(wire.fhir.patch().withFhirPatch(replace("Organization.name", "Elm Mews")).withId(elm.getIdElement().toUnqualifiedVersionless()));
    Steps.same("Elm Mews", ((Organization) done.getResource()).getName(), "name");
  }

  private void patchWhere() {
    MethodOutcome done = wire.run(wire.fhir.patch().withFhirPatch(replace("Organization.name", "Ivy Mews")).conditional(Organization.class)
        .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("ivy"))));
    Steps.same("Ivy Mews", ((Organization) done.getResource()).getName(), "name");
  }

  static Parameters replace(String path, String value) {
    Parameters p = new Parameters();
    Parameters.ParametersParameterComponent operation = p.addParameter().setName("operation");
    operation.addPart().setName("type").setValue(new CodeType("replace"));
    operation.addPart().setName("path").setValue(new StringType(path));
    operation.addPart().setName("value").setValue(new StringType(value));
    return p;
  }

  private void delete() {
    Patient p = wire.create(Referral.person(wire.own("gone"), "Cleo"));
    Steps.that(wire.run(wire.fhir.delete().resourceById(p.getIdElement().toUnqualifiedVersionless())) != null, "nothing came back");
    Steps.refused(ResourceGoneException.class, () -> wire.read(Patient.class, p.getIdElement()));
    wire.run(wire.fhir.delete().resourceById(p.getIdElement().toUnqualifiedVersionless()));
    Patient back = wire.update(p);
    Steps.same("3", back.getMeta().getVersionId(), "version");
    Steps.same("Cleo", wire.read(Patient.class, p.getIdElement()).getNameFirstRep().getGivenAsSingleString(), "name");
  }

  private void deleteWhere() {
    for (int i = 0; i < 2; i++) {
      wire.run(wire.fhir.delete().resourceConditionalByType("Organization")
          .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("ivy"))));
    }
    PreconditionFailedException e = Steps.refused(PreconditionFailedException.class, () -> wire.run(wire.fhir.delete().resourceConditionalByType("Organization")
        .where(Organization.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("ash")))));
    Steps.has(e.getMessage(), "HTTP 412");
  }
}
