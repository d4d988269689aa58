/** Arguments of git, one function a command. Nothing a user wrote stands where git looks for options: URLs follow `--`, the rest is checked names. */

/** `patterns`: full names of references. */
export const lsRemoteArgs = (url: string, patterns: readonly string[]): readonly string[] => ["ls-remote", "--quiet", "--", url, ...patterns];

/** The kind of object names follows from the length of one. */
export const initArgs = (folder: string, object: string): readonly string[] => [
  "init",
  "--quiet",
  "--bare",
  "--template=",
  `--object-format=${object.length === 64 ? "sha256" : "sha1"}`,
  "--",
  folder,
];

const FETCH = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance", "--no-write-fetch-head"];

/** One commit without its history. */
export const fetchCommitArgs = (repository: string, url: string, commit: string): readonly string[] => [
  `--git-dir=${repository}`,
  ...FETCH,
  "--depth=1",
  "--",
  url,
  `+${commit}:refs/armada/commit`,
];

const ALL = ["+refs/heads/*:refs/armada/heads/*", "+refs/tags/*:refs/armada/tags/*"];

/** Every commit of every branch and tag; `blobs: false` leaves the contents of files out where the server can. */
export const fetchHistoryArgs = (repository: string, url: string, { blobs }: { readonly blobs: boolean }): readonly string[] => [
  `--git-dir=${repository}`,
  ...FETCH,
  ...(blobs ? [] : ["--filter=blob:none"]),
  "--",
  url,
  ...ALL,
];

/** The one commit whose name begins so; it fails when there are several. `^{commit}` keeps it from being anything else. */
export const expandArgs = (repository: string, prefix: string): readonly string[] => [
  `--git-dir=${repository}`,
  "rev-parse",
  "--verify",
  `${prefix}^{commit}`,
];

/** Mode, kind, object, size and path of every entry below `subpath`, ended by NUL. */
export const listArgs = (repository: string, commit: string, subpath: string): readonly string[] => [
  `--git-dir=${repository}`,
  "ls-tree",
  "-r",
  "-l",
  "-z",
  "--full-tree",
  `${commit}:${subpath}`,
];

/** Writes what is below `subpath` into an empty folder. */
export const extractArgs = (repository: string, commit: string, subpath: string, folder: string): readonly string[] => [
  `--git-dir=${repository}`,
  `--work-tree=${folder}`,
  "read-tree",
  "--reset",
  "-u",
  `${commit}:${subpath}`,
];
