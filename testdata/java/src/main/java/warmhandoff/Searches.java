package warmhandoff;

import static warmhandoff.Referral.EHR;
import static warmhandoff.Referral.to;

import ca.uhn.fhir.model.api.Include;
import ca.uhn.fhir.rest.api.SearchStyleEnum;
import ca.uhn.fhir.rest.api.SearchTotalModeEnum;
import ca.uhn.fhir.rest.api.SortOrderEnum;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.api.SummaryEnum;
import ca.uhn.fhir.rest.gclient.DateClientParam;
import ca.uhn.fhir.rest.gclient.IQuery;
import ca.uhn.fhir.rest.gclient.StringClientParam;
import ca.uhn.fhir.rest.gclient.TokenClientParam;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.List;
import java.util.stream.IntStream;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Endpoint;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Provenance;
import org.hl7.fhir.r4.model.ServiceRequest;
import org.hl7.fhir.r4.model.Task;

/** Searches: what apps ask, as HAPI writes it. */
final class Searches {
  private final Wire wire;
  private final Organization clinic;
  private final Organization agency;
  private final Patient person;
  private final ServiceRequest request;
  private final Task task;

  private Searches(Wire wire) {
    this.wire = wire;
    Endpoint endpoint = new Endpoint().setStatus(Endpoint.EndpointStatus.ACTIVE).setAddress("https://harbor.example/fhir");
    endpoint.getConnectionType().setSystem("http://terminology.hl7.org/CodeSystem/endpoint-connection-type").setCode("hl7-fhir-rest");
    endpoint.addPayloadType().setText("any");
    endpoint = wire.create(endpoint);
    clinic = wire.create(Referral.organization(wire.own("dot-clinic"), "Cliffside Clinic"));
    agency = wire.create(Referral.organization(wire.own("dot-agency"), "Seaward House " + wire.manner.label()).addEndpoint(to(endpoint)));
    person = wire.create(Referral.person(wire.own("dot"), "Dorothea"));
    Consent consent = wire.create(Referral.consent(to(person), to(clinic), to(agency)));
    request = wire.create(Referral.request(wire.own("dot-request"), to(person), to(clinic), to(consent)));
    Task t = Referral.task(wire.own("dot-task"), to(request), to(person), to(clinic), to(agency));
    t.getMeta().addTag("urn:example:tag", wire.own("tagged"), null);
    task = wire.create(t);
    Provenance p = new Provenance().setRecorded(Referral.hours(0)).addTarget(to(task));
    p.addAgent().setWho(to(clinic));
    wire.create(p);
  }

  static void play(Steps steps, Wire wire) {
    Searches[] made = new Searches[1];
    steps.step("there is something to search for", () -> made[0] = new Searches(wire));
    Searches s = made[0];
    steps.step("tokens: code, system and code, system alone, one of several", s::tokens);
    steps.step("references: bare, with a type, absolute", s::references);
    steps.step("strings: beginning, exactly, within", s::strings);
    steps.step("dates, and ranges of them", s::dates);
    steps.step("missing, not, and a tag", s::modifiers);
    steps.step("a chain, and one with a type", s::chains);
    steps.step("what refers to it: _has", s::has);
    steps.step("include, revinclude, and include of what was included", s::includes);
    steps.step("the poll of the Gravity exchange", s::poll);
    steps.step("a form instead of an address, and an address that is written whole", s::styles);
    steps.step("four hundred ids at once", s::many);
    steps.step("the count alone, and the count beside", s::counts);
    steps.step("sorted by two things", s::sorted);
    steps.step("some elements of what was found", s::elements);
    steps.step("all of a person", s::compartment);
  }

  private IQuery<Bundle> tasks() {
    return wire.fhir.search().forResource(Task.class).where(Task.REQUESTER.hasId(to(clinic).getReference())).returnBundle(Bundle.class);
  }

  /** Holds that a search finds the Task and nothing else. */
  private Bundle finds(IQuery<Bundle> query) {
    Bundle found = wire.run(query);
    Steps.same(List.of(task.getIdElement().getIdPart()), Wire.matches(found), wire.asked.getUri() + " found");
    return found;
  }

  private void findsNone(IQuery<Bundle> query) {
    Steps.same(List.of(), Wire.matches(wire.run(query)), "found");
  }

  private void tokens() {
    finds(tasks().and(Task.STATUS.exactly().code("requested")));
    finds(tasks().and(Task.STATUS.exactly().codes("requested", "accepted")));
    findsNone(tasks().and(Task.STATUS.exactly().code("accepted")));
    finds(tasks().and(Task.CODE.exactly().systemAndCode("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")));
    finds(wire.fhir.search().forResource(Task.class).where(Task.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("dot-task"))).returnBundle(Bundle.class));
    finds(tasks().and(Task.IDENTIFIER.exactly().systemAndValues(EHR, wire.own("dot-task"), wire.own("nobody"))));
  }

  private void references() {
    finds(tasks().and(Task.PATIENT.hasId(person.getIdElement().getIdPart())));
    finds(tasks().and(Task.SUBJECT.hasId(to(person).getReference())));
    finds(tasks().and(Task.FOCUS.hasId(wire.fhir.getServerBase() + "/" + to(request).getReference())));
    finds(tasks().and(Task.OWNER.hasAnyOfIds(to(clinic).getReference(), to(agency).getReference())));
    findsNone(tasks().and(Task.OWNER.hasId(to(clinic).getReference())));
  }

  private IQuery<Bundle> people() {
    return wire.fhir.search().forResource(Patient.class).where(Patient.RES_ID.exactly().code(person.getIdElement().getIdPart())).returnBundle(Bundle.class);
  }

  private void strings() {
    Steps.same(1, Wire.matches(wire.run(people().and(Patient.GIVEN.matches().value("dorot")))).size(), "found by a beginning");
    Steps.same(1, Wire.matches(wire.run(people().and(Patient.GIVEN.matchesExactly().value("Dorothea")))).size(), "found exactly");
    findsNone(people().and(Patient.GIVEN.matchesExactly().value("dorothea")));
    Steps.same(1, Wire.matches(wire.run(people().and(Patient.NAME.contains().value("oroth")))).size(), "found within");
    Steps.same(1, Wire.matches(wire.run(people().and(Patient.FAMILY.matches().values("Nobody", "Quince")))).size(), "found by one of two");
  }

  private void dates() {
    finds(tasks().and(Task.AUTHORED_ON.before().second(Referral.hours(0))).and(Task.AUTHORED_ON.after().second(Referral.hours(-50))));
    finds(tasks().and(Task.AUTHORED_ON.exactly().second(task.getAuthoredOn())));
    finds(tasks().lastUpdated(new DateRangeParam(Referral.hours(-1), Referral.hours(1))));
    findsNone(tasks().and(new DateClientParam("_lastUpdated").before().second(Referral.hours(-1))));
  }

  private void modifiers() {
    finds(tasks().and(Task.OWNER.isMissing(false)));
    findsNone(tasks().and(Task.OWNER.isMissing(true)));
    finds(tasks().and(new TokenClientParam("status:not").exactly().code("completed")).and(new TokenClientParam("status:not").exactly().code("rejected")));
    findsNone(tasks().and(new TokenClientParam("status:not").exactly().code("requested")));
    finds(tasks().withTag("urn:example:tag", wire.own("tagged")));
  }

  private void chains() {
    finds(tasks().and(Task.OWNER.hasChainedProperty(Organization.NAME.matches().value("Seaward"))));
    finds(tasks().and(Task.OWNER.hasChainedProperty("Organization", Organization.TYPE.exactly().code("cbo"))));
    findsNone(tasks().and(Task.OWNER.hasChainedProperty(Organization.NAME.matches().value("Cliffside"))));
    finds(tasks().and(Task.PATIENT.hasChainedProperty(Patient.IDENTIFIER.exactly().systemAndIdentifier(EHR, wire.own("dot")))));
  }

  private void has() {
    Bundle found = wire.run(wire.fhir.search().forResource(Patient.class)
        .where(Patient.RES_ID.exactly().code(person.getIdElement().getIdPart()))
        .and(new StringClientParam("_has:Task:patient:owner").matches().value(to(agency).getReference())).returnBundle(Bundle.class));
    Steps.same(List.of(person.getIdElement().getIdPart()), Wire.matches(found), "found");
  }

  private void includes() {
    Bundle found = finds(tasks().include(Task.INCLUDE_FOCUS).include(Task.INCLUDE_OWNER).revInclude(Provenance.INCLUDE_TARGET)
        .include(Organization.INCLUDE_ENDPOINT.asRecursive()));
    Steps.has(wire.asked.getUri(), "iterate");
    List<String> with = Wire.included(found);
    Steps.that(with.containsAll(List.of("Endpoint", "Organization", "Provenance", "ServiceRequest")), "included: " + with);
    Steps.that(found.getEntry().stream().allMatch(e -> e.getFullUrl().startsWith(wire.fhir.getServerBase() + "/")), "fullUrl");
    Task first = (Task) found.getEntryFirstRep().getResource();
    Steps.that(first.getFocus().getResource() instanceof ServiceRequest, "HAPI did not join what was included");
    Steps.that(Wire.included(finds(tasks().include(new Include("*")))).contains("Patient"), "nothing for *");
  }

  private void poll() {
    Bundle found = finds(tasks().include(Task.INCLUDE_FOCUS).include(Task.INCLUDE_OWNER).include(Organization.INCLUDE_ENDPOINT.asRecursive())
        .and(Task.OWNER.hasChainedProperty("Organization", Organization.TYPE.exactly().systemAndCode("http://hl7.org/gravity/CodeSystem/sdohcc-temporary-organization-type", "cbo")))
        .and(new TokenClientParam("status:not").exactly().code("failed")).and(new TokenClientParam("status:not").exactly().code("rejected"))
        .and(new TokenClientParam("status:not").exactly().code("completed")).and(new TokenClientParam("status:not").exactly().code("cancelled"))
        .and(Task.AUTHORED_ON.before().millis(Referral.hours(0))));
    Steps.same(List.of("Endpoint", "Organization", "ServiceRequest"), Wire.included(found), "included");
  }

  private void styles() {
    finds(tasks().usingStyle(SearchStyleEnum.POST));
    Steps.same("POST", wire.asked.getHttpVerbName(), "method");
    // R4 has no GET of _search: where HAPI is told to write it, the answer says what to leave out.
    ResourceNotFoundException e = Steps.refused(ResourceNotFoundException.class, () -> wire.run(tasks().usingStyle(SearchStyleEnum.GET_WITH_SEARCH)));
    Steps.has(e.getMessage(), "without _search");
    Bundle found = wire.run(wire.fhir.search().byUrl("Task?_id=" + task.getIdElement().getIdPart() + "&_include=Task:focus").returnBundle(Bundle.class));
    Steps.same(List.of("ServiceRequest"), Wire.included(found), "included");
  }

  private void many() {
    String[] ids = IntStream.range(0, 400).mapToObj(i -> i == 200 ? task.getIdElement().getIdPart() : "nobody-of-this-name-" + i).toArray(String[]::new);
    finds(tasks().and(Task.RES_ID.exactly().codes(ids)));
  }

  private void counts() {
    Bundle count = wire.run(tasks().summaryMode(SummaryEnum.COUNT));
    Steps.that(count.getTotal() == 1 && count.getEntry().isEmpty(), "not a count");
    // HAPI leaves a count of 0 out of the address, so it is written here.
    Bundle none = wire.run(wire.fhir.search().byUrl("Task?requester=" + to(clinic).getReference() + "&_count=0").returnBundle(Bundle.class));
    Steps.that(none.getTotal() == 1 && none.getEntry().isEmpty(), wire.asked.getUri() + " is no count");
    Steps.same(1, finds(tasks().totalMode(SearchTotalModeEnum.ACCURATE)).getTotal(), "total");
  }

  private void sorted() {
    Bundle found = wire.run(wire.fhir.search().forResource(Organization.class)
        .where(Organization.RES_ID.exactly().codes(agency.getIdElement().getIdPart(), clinic.getIdElement().getIdPart()))
        .sort(new SortSpec(Organization.SP_NAME, SortOrderEnum.DESC, new SortSpec("_lastUpdated"))).returnBundle(Bundle.class));
    Steps.same(List.of(agency.getIdElement().getIdPart(), clinic.getIdElement().getIdPart()), Wire.matches(found), "order");
  }

  private void elements() {
    Task some = (Task) finds(tasks().elementsSubset("status", "owner")).getEntryFirstRep().getResource();
    Steps.that(some.hasStatus() && some.hasOwner() && !some.hasFocus(), "not what was asked for");
  }

  private void compartment() {
    Bundle found = wire.run(wire.fhir.search().byUrl(wire.fhir.getServerBase() + "/Patient/" + person.getIdElement().getIdPart() + "/Task?status=requested").returnBundle(Bundle.class));
    Steps.same(List.of(task.getIdElement().getIdPart()), Wire.matches(found), "found");
    Bundle all = wire.run(wire.fhir.operation().onInstance(person.getIdElement().toUnqualifiedVersionless()).named("$everything")
        .withNoParameters(Parameters.class).useHttpGet().returnResourceType(Bundle.class));
    List<String> types = all.getEntry().stream().map(e -> e.getResource().fhirType()).distinct().sorted().toList();
    Steps.that(types.containsAll(List.of("Consent", "Patient", "ServiceRequest", "Task")), "types: " + types);
    Bundle referral = wire.run(wire.fhir.operation().onInstance(request.getIdElement().toUnqualifiedVersionless()).named("everything")
        .withNoParameters(Parameters.class).returnResourceType(Bundle.class));
    Steps.that(referral.getEntry().stream().anyMatch(e -> e.getResource() instanceof Task), "no Task in a referral whole");
  }
}
