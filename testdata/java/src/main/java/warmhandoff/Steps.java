package warmhandoff;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Objects;

/** Counts steps. A step that throws has failed; the next ones are tried all the same. */
final class Steps {
  private final String name;
  private int passed;
  private int failed;

  Steps(String name) {
    this.name = name;
  }

  /** What a step does; it throws where something is otherwise than it should be. */
  interface Work {
    void run() throws Exception;
  }

  /** Does one step and says what came of it. */
  void step(String what, Work work) {
    try {
      work.run();
      passed++;
      System.out.println(name + ": ok: " + what);
    } catch (Exception | AssertionError e) {
      failed++;
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      System.out.println(name + ": FAILED: " + what + "\n" + trace);
    }
  }

  /** Prints how many steps passed and failed, and says whether all did. */
  boolean sum() {
    System.out.println(name + ": " + passed + " passed, " + failed + " failed");
    return failed == 0;
  }

  static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  static void same(Object want, Object got, String of) {
    that(Objects.equals(want, got), of + ": wanted " + want + ", got " + got);
  }

  static void has(String text, String part) {
    that(text != null && text.contains(part), "\"" + part + "\" is not in: " + text);
  }

  /** Gives the exception of the kind that the work must end with. */
  static <E extends Exception> E refused(Class<E> kind, Work work) {
    try {
      work.run();
    } catch (Exception e) {
      if (kind.isInstance(e)) {
        return kind.cast(e);
      }
      throw new AssertionError("wanted " + kind.getSimpleName() + ", got " + e, e);
    }
    throw new AssertionError("wanted " + kind.getSimpleName() + ", and it was done");
  }
}
