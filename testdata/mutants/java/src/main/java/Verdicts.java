import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirDefaultPolicyAdvisor;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.JsonParser;
import org.hl7.fhir.r5.elementmodel.ValidatedFragment;
import org.hl7.fhir.r5.model.CanonicalResource;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.IValidationPolicyAdvisor;
import org.hl7.fhir.r5.utils.validation.IValidatorResourceFetcher;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;

/**
 * Reads lines of JSON with id and text, and writes a line for each: the id, how many errors HAPI's validator finds in the text as FHIR R4 in JSON, and
 * its messages. Terminology is what the jars hold. A reference that names a type finds its target, which is an empty resource of that type.
 */
public class Verdicts {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    System.setOut(System.err); // what libraries say does not belong among the verdicts
    Locale.setDefault(Locale.ENGLISH);
    FhirContext context = FhirContext.forR4();
    ValidationSupportChain support = new ValidationSupportChain(new DefaultProfileValidationSupport(context),
        new CommonCodeSystemsTerminologyService(context), new InMemoryTerminologyServerValidationSupport(context));
    FhirInstanceValidator module = new FhirInstanceValidator(support);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    module.setValidatorResourceFetcher(new Targets(module));
    module.setValidatorPolicyAdvisor(new Types());
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(module);

    Gson gson = new Gson();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int n = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonObject mutant = gson.fromJson(line, JsonObject.class);
      JsonObject verdict = new JsonObject();
      verdict.add("id", mutant.get("id"));
      JsonArray messages = new JsonArray();
      int errors = 0;
      try {
        for (SingleValidationMessage m : validator.validateWithResult(mutant.get("text").getAsString()).getMessages()) {
          boolean error = m.getSeverity() == ResultSeverityEnum.ERROR || m.getSeverity() == ResultSeverityEnum.FATAL;
          errors += error ? 1 : 0;
          messages.add(m.getSeverity().getCode() + " " + m.getLocationString() + " " + m.getMessage());
        }
      } catch (RuntimeException e) {
        errors++;
        messages.add("error - " + e.getMessage());
      }
      verdict.addProperty("errors", errors);
      verdict.add("messages", messages);
      out.println(gson.toJson(verdict));
      if (++n % 100 == 0) {
        System.err.println(n);
      }
    }
    out.flush();
  }

  /** Wants of a reference that its target, where there is one, is of a type that the element allows. */
  static class Types extends FhirDefaultPolicyAdvisor {
    @Override
    public ReferenceValidationPolicy policyForReference(IResourceValidator validator, Object at, String path, String url,
        IValidationPolicyAdvisor.ReferenceDestinationType destination) {
      return ReferenceValidationPolicy.CHECK_TYPE_IF_EXISTS;
    }
  }

  /** Gives what a reference names. */
  static class Targets implements IValidatorResourceFetcher {
    private static final Pattern NAMED = Pattern.compile("(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?");
    private final FhirInstanceValidator module;
    private final Set<String> types = FhirContext.forR4Cached().getResourceTypes();

    Targets(FhirInstanceValidator module) {
      this.module = module;
    }

    @Override
    public Element fetch(IResourceValidator validator, Object at, String url) {
      Matcher m = NAMED.matcher(url);
      if (!m.matches() || !types.contains(m.group(1))) {
        return null;
      }
      String stub = "{\"resourceType\":\"" + m.group(1) + "\",\"id\":\"" + m.group(2) + "\"}";
      try {
        List<ValidatedFragment> read = new JsonParser(org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter.class.cast(module.getWorkerContext()))
            .parse(new ByteArrayInputStream(stub.getBytes(StandardCharsets.UTF_8)));
        return read.get(0).getElement();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public boolean resolveURL(IResourceValidator validator, Object at, String path, String url, String type, boolean canonical, List<CanonicalType> targets) {
      return true;
    }

    @Override
    public byte[] fetchRaw(IResourceValidator validator, String url) {
      return null;
    }

    @Override
    public IValidatorResourceFetcher setLocale(Locale locale) {
      return this;
    }

    @Override
    public CanonicalResource fetchCanonicalResource(IResourceValidator validator, Object at, String url) {
      return null;
    }

    @Override
    public boolean fetchesCanonicalResource(IResourceValidator validator, String url) {
      return false;
    }

    @Override
    public Set<IValidatorResourceFetcher.ResourceVersionInformation> fetchCanonicalResourceVersions(IResourceValidator validator, Object at, String url) {
      return Set.of();
    }
  }
}
