import type { ErrorClass } from "../base/errors.ts";

/** Where a chart comes from: the `source` block of an ArmadaChart, as far as fetching needs it. */
export interface SourceSpec {
  readonly type: string;
  readonly location: string;
  /** Path of the chart inside the source; `.` by default. */
  readonly subpath: string;
  /** Branch, tag or commit (git); tag or digest (oci). */
  readonly reference?: string | undefined;
  /** Of a chart in a Helm repository: its name and the version range. */
  readonly chart?: string | undefined;
  readonly version?: string | undefined;
  /** Proxy for fetching. */
  readonly proxy?: string | undefined;
  /** Secrets of the source; never logged, never in messages. */
  readonly credentials?: Credentials | undefined;
  /** Expected digest of what is fetched. */
  readonly digest?: string | undefined;
  /** What must have signed it. */
  readonly verify?: Verification | undefined;
  /** Charts that are placed in `charts/` of a private copy, instead of those of their names there. */
  readonly charts?: readonly ChartArtifact[] | undefined;
  /** Names of charts that stand in its `charts/`, or are brought there by its Chart.yaml; {@link ChartsLacking} where they do not. */
  readonly holds?: readonly string[] | undefined;
  /** Of `tar` and `git`: what the source stood for when its chart was fetched. Another chart of the very same, and nobody is asked again. */
  readonly resolved?: string | undefined;
}

export type Verification =
  /** A provenance file beside the archive, as `helm package --sign` makes it; the keyring of public keys, binary or armored. */
  | { readonly provider: "provenance"; readonly keyring: Uint8Array }
  /** A signature in the registry, under the tag `sha256-….sig`; the public key as PEM. */
  | { readonly provider: "cosign"; readonly publicKey: string };

/** What a Secret may hold; each kind of source takes what it understands. */
export interface Credentials {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Bearer token. */
  readonly token?: string | undefined;
  /** PEM private key and known_hosts text, for ssh. */
  readonly sshKey?: string | undefined;
  readonly knownHosts?: string | undefined;
  /** PEM. */
  readonly ca?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** `auths` of a dockerconfigjson, by its keys: registry host, also with a scheme or a path. */
  readonly registries?: Readonly<Record<string, RegistryLogin>> | undefined;
  /** Host keys and certificates are not verified: explicit, and shown in status. */
  readonly insecure?: boolean | undefined;
}

export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  /** Never over plain HTTP: the chart names the proxy, and the login is not its own. */
  readonly tlsOnly?: boolean;
}

/** A chart on disk, complete and immutable: a folder of the content-addressed cache. */
export interface ChartArtifact {
  /** Folder to hand to helm. */
  readonly path: string;
  /** Digest of sorted paths and bytes after `.helmignore`: `sha256.<40 hex digits>`. */
  readonly digest: string;
  /** The digest of the chart as its source gave it, where something was placed in its `charts/`. */
  readonly own?: string | undefined;
  /** From Chart.yaml. */
  readonly name: string;
  readonly version: string;
  /** Chart.yaml says `type: library`. */
  readonly library: boolean;
  /** Dependencies in its Chart.yaml that its `charts/` does not seem to hold; `CompletedCharts` sees to them. */
  readonly lacks?: readonly string[] | undefined;
  readonly source: ChartOrigin;
}

/** What the source's moving parts stood for when the chart was fetched. */
export interface ChartOrigin {
  /** Commit; OCI or file digest `sha256:…`; version in a repository; for a local folder the digest of the chart. */
  readonly resolved: string;
  readonly fetchedAtMs: number;
  /** Who signed it, when a signature was asked for and is good. */
  readonly verified?: string | undefined;
}

export type SourceReason =
  | "NotFound"
  | "NotAllowed"
  | "Unsupported"
  | "InvalidChart"
  | "TooLarge"
  | "Unreadable"
  | "Unauthorized"
  | "Unreachable"
  | "TimedOut"
  | "DigestMismatch"
  | "VerificationFailed";

/** A chart cannot be had. `message` names the field, the value and the remedy. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly reason: SourceReason;
  readonly class: ErrorClass;

  constructor(message: string, options: { reason: SourceReason; class: ErrorClass; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.class = options.class;
  }
}

/** `charts/` of a chart does not hold what {@link SourceSpec.holds} asks for. */
export class ChartsLacking extends Error {
  override readonly name = "ChartsLacking";
  readonly names: readonly string[];

  /** `cause`: why its Chart.yaml, which names one of them, does not bring it there. */
  constructor(names: readonly string[], cause?: SourceError) {
    super(`charts/ does not contain ${names.map((name) => JSON.stringify(name)).join(", ")}`, { cause });
    this.names = names;
  }
}

export interface ArtifactHolder {
  readonly uid: string;
  /** What it uses counts for it. */
  readonly namespace: string;
}

/** Keeps artifacts on disk for those who use them. */
export interface ArtifactKeeper {
  /**
   * From now on `holder` uses this artifact and no other: it stays. False when it is gone, or damaged: it must be fetched again.
   * Rejects with {@link SourceError} when its namespace uses too much.
   */
  hold(holder: ArtifactHolder, artifact: ChartArtifact): Promise<boolean>;
  release(uid: string): void;
}

/** One kind of source. Rejects with {@link SourceError}. */
export interface ChartSource {
  /** Reads the chart as it is now and returns its immutable copy. Calls for one content share one read. */
  fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact>;
}
