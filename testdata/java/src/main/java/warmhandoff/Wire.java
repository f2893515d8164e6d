package warmhandoff;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.RequestFormatParamStyleEnum;
import ca.uhn.fhir.rest.client.api.IClientInterceptor;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.IHttpRequest;
import ca.uhn.fhir.rest.client.api.IHttpResponse;
import ca.uhn.fhir.rest.gclient.IClientExecutable;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Resource;

/** The client in one manner, with what it sent and got. */
final class Wire implements IClientInterceptor {
  final FhirContext context;
  final Manner manner;
  /** The client itself. What is asked through it must end in {@link #run}. */
  final IGenericClient fhir;
  /** What was asked last. */
  IHttpRequest asked;
  /** What was answered last. Its body has been read. */
  IHttpResponse got;

  private final List<String> strange = new ArrayList<>();
  private EncodingEnum awaited;
  private int calls;
  private int answers;

  Wire(FhirContext context, String base, Manner manner) {
    this.context = context;
    this.manner = manner;
    fhir = context.newRestfulGenericClient(base);
    fhir.registerInterceptor(this);
    switch (manner) {
      case JSON -> fhir.setEncoding(EncodingEnum.JSON);
      case XML -> fhir.setEncoding(EncodingEnum.XML);
      default -> fhir.setFormatParamStyle(RequestFormatParamStyleEnum.NONE);
    }
  }

  /** Does the call in this wire's manner and gives what it gives. */
  <Y> Y run(IClientExecutable<?, Y> call) {
    calls++;
    if (manner == Manner.MIXED) {
      awaited = manner.reads(calls);
      call.encoded(manner.writes(calls));
      call.accept(awaited.getResourceContentTypeNonLegacy());
    } else if (manner != Manner.PLAIN) {
      awaited = manner.reads(calls);
    }
    try {
      return call.execute();
    } finally {
      awaited = null;
    }
  }

  /** Creates a resource and gives it back as the server has it. */
  <R extends Resource> R create(R resource) {
    MethodOutcome done = run(fhir.create().resource(resource));
    Steps.same(true, done.getCreated(), "created");
    @SuppressWarnings("unchecked")
    R made = (R) done.getResource();
    Steps.that(made != null, "no representation came back");
    return made;
  }

  /** Updates a resource, whatever its version, and gives it back as the server has it. */
  <R extends Resource> R update(R resource) {
    @SuppressWarnings("unchecked")
    R made = (R) run(fhir.update().resource(resource).withId(resource.getIdElement().getIdPart())).getResource();
    Steps.that(made != null, "no representation came back");
    return made;
  }

  /** Reads a resource by its id, without its version. */
  <R extends IBaseResource> R read(Class<R> type, IIdType id) {
    return run(fhir.read().resource(type).withId(id.toUnqualifiedVersionless().getIdPart()));
  }

  /** Gives a business identifier that no other manner has. */
  String own(String name) {
    return manner.label() + "-" + name;
  }

  /** Gives the ids of what a search found, in its order, without what it included. */
  static List<String> matches(Bundle found) {
    return found.getEntry().stream()
        .filter(e -> e.getSearch().getMode() == Bundle.SearchEntryMode.MATCH)
        .map(e -> e.getResource().getIdElement().getIdPart())
        .toList();
  }

  /** Gives the types of what a search included, in the order of the alphabet. */
  static List<String> included(Bundle found) {
    return found.getEntry().stream()
        .filter(e -> e.getSearch().getMode() == Bundle.SearchEntryMode.INCLUDE)
        .map(e -> e.getResource().fhirType())
        .sorted()
        .toList();
  }

  int answers() {
    return answers;
  }

  /** Gives a line for each answer that came in another format than was asked for. */
  List<String> strange() {
    return strange;
  }

  @Override
  public void interceptRequest(IHttpRequest request) {
    asked = request;
  }

  @Override
  public void interceptResponse(IHttpResponse response) {
    got = response;
    String type = response.getMimeType();
    if (response.getStatus() == 204 || response.getStatus() == 304 || type == null) {
      return;
    }
    answers++;
    if (awaited != null && EncodingEnum.forContentType(type) != awaited) {
      strange.add(asked.getHttpVerbName() + " " + asked.getUri() + " was answered in " + type);
    }
  }
}
