package warmhandoff;

import ca.uhn.fhir.rest.api.EncodingEnum;

/** How the client writes, and what it wants to read. */
enum Manner {
  /** As the client comes: it writes JSON, and takes what the server likes best. */
  PLAIN,
  /** JSON both ways, said in Accept and in _format. */
  JSON,
  /** XML both ways, said in Accept and in _format. */
  XML,
  /** The one in and the other out, by turns, said in Accept alone. */
  MIXED;

  /** Gives the format that the client writes in its nth call. */
  EncodingEnum writes(int n) {
    return switch (this) {
      case PLAIN, JSON -> EncodingEnum.JSON;
      case XML -> EncodingEnum.XML;
      case MIXED -> n % 2 == 0 ? EncodingEnum.JSON : EncodingEnum.XML;
    };
  }

  /** Gives the format that the client reads in its nth call. */
  EncodingEnum reads(int n) {
    return this == MIXED ? writes(n + 1) : writes(n);
  }

  /** Gives the name in the output, which is also the beginning of the business identifiers of this run. */
  String label() {
    return name().toLowerCase();
  }
}
