/** Bounds of everything git does for one source. */
export interface GitLimits {
  /** Received from the server by one command. */
  readonly maxBytes: number;
  /** Of the files of one chart, together. */
  readonly maxUnpackedBytes: number;
  /** Files, links and submodules of one chart. */
  readonly maxEntries: number;
  /** Of one git command. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Servers on loopback and link-local addresses may be asked. */
  readonly allowLocalAddresses: boolean;
}

export const GIT_LIMITS: GitLimits = {
  maxBytes: 50 * 2 ** 20,
  maxUnpackedBytes: 200 * 2 ** 20,
  maxEntries: 20_000,
  timeoutMs: 120_000,
  connectTimeoutMs: 10_000,
  allowLocalAddresses: false,
};
