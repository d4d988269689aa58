/** Values of `source.type`, in the order in which people read them. */
export const SOURCE_TYPES = ["local", "tar", "repo", "oci", "git"] as const;

export type SourceType = (typeof SOURCE_TYPES)[number];

/** Who may have signed a chart: `source.verify.provider`. */
export type SignatureProvider = "provenance" | "cosign";

/** What of a Secret a type of source understands: user, password, token and certificates of servers; logins of registries; a key and known hosts. */
export type CredentialKind = "http" | "registry" | "ssh";

/** Folder of the state folder with what has come over the network. */
export type KeptIn = "archives" | "git";

/** What there is to know of a type of source besides how it fetches. */
export interface SourceTypeFacts {
  /** What its location is. */
  readonly location: string;
  /** Charts have names in it: `source.chart`. */
  readonly named: boolean;
  /** A tag, a branch, a digest or the like can be asked for: `source.reference`. */
  readonly references: boolean;
  /** The newest of several versions can be asked for: `source.version`. */
  readonly versions: boolean;
  readonly signedBy: readonly SignatureProvider[];
  /** None: the chart is on this machine, which is looked at as often as one likes. */
  readonly credentials: readonly CredentialKind[];
  /**
   * What of it has charts beside the one that is named. `roots`: all chart roots, by location. `repository`: all of it, by subpath.
   * `archive`: the same, but its only folder at the top may have no part in the subpath. `chart`: nothing.
   */
  readonly extent: "roots" | "repository" | "archive" | "chart";
  readonly keptIn: KeptIn | undefined;
}

/** The one place that says in what types of sources differ; `src/apps/operator/sources` has how each is made. */
const FACTS: Readonly<Record<SourceType, SourceTypeFacts>> = {
  local: {
    location: "folder",
    named: false,
    references: false,
    versions: false,
    signedBy: [],
    credentials: [],
    extent: "roots",
    keptIn: undefined,
  },
  tar: {
    location: "archive by http, https or file",
    named: false,
    references: false,
    versions: false,
    signedBy: ["provenance"],
    credentials: ["http"],
    extent: "archive",
    keptIn: "archives",
  },
  repo: {
    location: "Helm repository",
    named: true,
    references: false,
    versions: true,
    signedBy: ["provenance", "cosign"],
    credentials: ["http", "registry"],
    extent: "chart",
    keptIn: "archives",
  },
  oci: {
    location: "registry",
    named: false,
    references: true,
    versions: true,
    signedBy: ["provenance", "cosign"],
    credentials: ["http", "registry"],
    extent: "chart",
    keptIn: "archives",
  },
  git: {
    location: "git repository",
    named: false,
    references: true,
    versions: false,
    signedBy: [],
    credentials: ["http", "ssh"],
    extent: "repository",
    keptIn: "git",
  },
};

export const isSourceType = (type: string): type is SourceType => Object.hasOwn(FACTS, type);

export const factsOf = (type: SourceType): SourceTypeFacts => FACTS[type];

/** Those of which it holds. */
export const typesThat = (holds: (facts: SourceTypeFacts) => boolean): readonly SourceType[] => SOURCE_TYPES.filter((type) => holds(FACTS[type]));

/** One of them a type. */
export const byType = <T>(make: (type: SourceType) => T): Readonly<Record<SourceType, T>> => ({
  local: make("local"),
  tar: make("tar"),
  repo: make("repo"),
  oci: make("oci"),
  git: make("git"),
});

export const isRemote = ({ credentials }: SourceTypeFacts): boolean => credentials.length > 0;
