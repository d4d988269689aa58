import type { GitLocation } from "./location.ts";
import type { Credentials } from "../source.ts";

/** A repository on a server, and how to get in. */
export interface GitRemote {
  readonly location: GitLocation;
  readonly credentials: Credentials;
  readonly proxy: URL | undefined;
  /** How messages name it. */
  readonly field: string;
}

/** What a git command is given so that it reaches its server through the egress proxy, and nothing else. */
export interface GitAccess {
  /** Without secrets: it stands in argv. */
  readonly url: string;
  /** Complete configuration, for {@link gitEnvironment}. */
  readonly config: readonly (readonly [key: string, value: string])[];
  readonly env: Readonly<Record<string, string>>;
  /** To be written into the private folder with mode 0600 before git starts: name to text. */
  readonly files: Readonly<Record<string, string>>;
}

export interface AccessRequest extends GitRemote {
  /** The private folder, which is also git's working directory. */
  readonly folder: string;
  /** Of the egress proxy: its port, and for http and https its URL. */
  readonly egress: { readonly port: number; readonly url?: string };
}
