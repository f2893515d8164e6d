package warmhandoff;

import ca.uhn.fhir.context.FhirContext;

/** HAPI's generic client plays the referral loop against the server at FHIR_BASE, once in each {@link Manner}. */
public final class Main {
  private Main() {}

  /** Ends with 0 only when every step of every manner passed. */
  public static void main(String[] args) {
    String base = System.getenv("FHIR_BASE");
    if (base == null || base.isEmpty()) {
      System.err.println("FHIR_BASE must say where the server is, such as http://127.0.0.1:8080/fhir");
      System.exit(2);
    }
    FhirContext context = FhirContext.forR4();
    boolean passed = true;
    for (Manner manner : Manner.values()) {
      Steps steps = new Steps(manner.label());
      Wire wire = new Wire(context, base, manner);
      Story.play(steps, wire);
      Resources.play(steps, wire);
      Searches.play(steps, wire);
      Versions.play(steps, wire);
      Bundles.play(steps, wire);
      Exchange.play(steps, wire);
      Refusals.play(steps, wire);
      steps.step("every answer came in the format that was asked for", () -> {
        Steps.same("", String.join("; ", wire.strange()), "answers in another format");
        Steps.that(wire.answers() > 80, "only " + wire.answers() + " answers were looked at");
      });
      passed &= steps.sum();
    }
    System.exit(passed ? 0 : 1);
  }
}
