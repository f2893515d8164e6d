package warmhandoff;

import ca.uhn.fhir.rest.gclient.IQuery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Resource;

/** Versions of resources, and pages of anything. */
final class Versions {
  private static final int MANY = 12;
  private final Wire wire;
  private Patient person;

  private Versions(Wire wire) {
    this.wire = wire;
  }

  static void play(Steps steps, Wire wire) {
    Versions v = new Versions(wire);
    steps.step("a person gets three names", v::write);
    steps.step("the history of one resource, newest first", v::ofOne);
    steps.step("the history since a moment", v::since);
    steps.step("the history in pages", v::pages);
    steps.step("the history of a type, and of the server", v::ofMany);
    steps.step("a deletion is in the history", v::deletion);
    steps.step("a search in pages, there and back", v::searchPages);
  }

  private void write() {
    person = wire.create(Referral.person(wire.own("eve"), "Eve"));
    for (String given : new String[] {"Eva", "Evelyn"}) {
      person.getNameFirstRep().getGiven().get(0).setValue(given);
      person = wire.update(person);
    }
    Steps.same("3", person.getMeta().getVersionId(), "version");
  }

  private IdType id() {
    return person.getIdElement().toUnqualifiedVersionless();
  }

  private static List<String> versions(Bundle history) {
    return history.getEntry().stream().map(e -> e.getResource().getMeta().getVersionId()).toList();
  }

  private void ofOne() {
    Bundle all = wire.run(wire.fhir.history().onInstance(id()).returnBundle(Bundle.class));
    Steps.same(Bundle.BundleType.HISTORY, all.getType(), "type");
    Steps.same(List.of("3", "2", "1"), versions(all), "versions");
    Steps.same(3, all.getTotal(), "total");
    Steps.same(List.of("PUT", "PUT", "POST"), all.getEntry().stream().map(e -> e.getRequest().getMethod().name()).toList(), "methods");
  }

  private void since() {
    Date second = wire.run(wire.fhir.read().resource(Patient.class).withIdAndVersion(id().getIdPart(), "2")).getMeta().getLastUpdated();
    Bundle late = wire.run(wire.fhir.history().onInstance(id()).returnBundle(Bundle.class).since(new InstantType(second)));
    Steps.same(List.of("3", "2"), versions(late), "versions since the second");
    Bundle none = wire.run(wire.fhir.history().onInstance(id()).returnBundle(Bundle.class).since(Referral.hours(1)));
    Steps.same(List.of(), versions(none), "versions from tomorrow");
  }

  private void pages() {
    Bundle page = wire.run(wire.fhir.history().onInstance(id()).returnBundle(Bundle.class).count(2));
    Steps.same(List.of("3", "2"), versions(page), "first page");
    page = wire.run(wire.fhir.loadPage().next(page));
    Steps.same(List.of("1"), versions(page), "second page");
    Steps.same(null, page.getLink("next"), "a third page");
  }

  private void ofMany() {
    Bundle type = wire.run(wire.fhir.history().onType(Patient.class).returnBundle(Bundle.class).count(3));
    Steps.same(List.of("3", "2", "1"), versions(type), "versions");
    Bundle all = wire.run(wire.fhir.history().onServer().returnBundle(Bundle.class).count(3));
    Steps.same(id().getIdPart(), all.getEntryFirstRep().getResource().getIdElement().getIdPart(), "the newest of all");
  }

  private void deletion() {
    wire.run(wire.fhir.delete().resourceById(id()));
    Bundle all = wire.run(wire.fhir.history().onInstance(id()).returnBundle(Bundle.class));
    Bundle.BundleEntryComponent last = all.getEntryFirstRep();
    Steps.same(Bundle.HTTPVerb.DELETE, last.getRequest().getMethod(), "method");
    Steps.that(!last.hasResource() && all.getEntry().size() == 4, "a deletion with a resource, or " + all.getEntry().size() + " entries");
  }

  private void searchPages() {
    Patient one = wire.create(Referral.person(wire.own("fay"), "Fay"));
    for (int i = 1; i <= MANY; i++) {
      Observation o = new Observation().setStatus(Observation.ObservationStatus.FINAL).setSubject(Referral.to(one));
      o.setCode(Referral.concept("http://loinc.org", "32624-9")).setEffective(new DateTimeType(String.format("2026-03-%02d", i)));
      wire.create(o);
    }
    IQuery<Bundle> query = wire.fhir.search().forResource(Observation.class).where(Observation.SUBJECT.hasId(Referral.to(one).getReference()))
        .sort().descending(Observation.DATE).count(5).returnBundle(Bundle.class);
    Bundle first = wire.run(query);
    List<String> days = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    HashSet<String> ids = new HashSet<>();
    Bundle page = first;
    while (true) {
      sizes.add(page.getEntry().size());
      for (Bundle.BundleEntryComponent e : page.getEntry()) {
        Resource r = e.getResource();
        ids.add(r.getIdElement().getIdPart());
        days.add(((Observation) r).getEffectiveDateTimeType().getValueAsString());
      }
      if (page.getLink("next") == null) {
        break;
      }
      page = wire.run(wire.fhir.loadPage().next(page));
    }
    Steps.same(List.of(5, 5, 2), sizes, "sizes");
    Steps.same(MANY, ids.size(), "resources");
    Steps.same(days.stream().sorted(Comparator.reverseOrder()).toList(), days, "order");
    Bundle again = wire.run(wire.fhir.loadPage().byUrl(first.getLink("next").getUrl()).andReturnBundle(Bundle.class));
    Steps.same(days.subList(5, 10), again.getEntry().stream().map(e -> ((Observation) e.getResource()).getEffectiveDateTimeType().getValueAsString()).toList(), "the second page again");
    if (again.getLink("previous") != null) {
      Steps.same(5, wire.run(wire.fhir.loadPage().previous(again)).getEntry().size(), "the page before");
    }
  }
}
