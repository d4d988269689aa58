import { run } from "./child.mjs";

/** [major, minor] that the newest of our sources needs. */
export const oldestGo = [1, 26];

/** From `go env GOVERSION`, e.g. `go1.26.8`. */
export const isNewEnough = (goVersion) => {
  const match = /^go(\d+)\.(\d+)/.exec(goVersion);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > oldestGo[0] || (major === oldestGo[0] && minor >= oldestGo[1]);
};

/** Ours, whatever the user's settings for other projects are. */
export const goEnvironment = (env) => {
  const { GOOS: _os, GOARCH: _arch, GOBIN: _bin, GOFLAGS: _flags, ...rest } = env;
  return { ...rest, CGO_ENABLED: "0", GO111MODULE: "on", GOWORK: "off", GOFLAGS: "-mod=mod -buildvcs=false" };
};

/** The go command and its version: on PATH, or where its installer puts it. */
export const findGo = async (env) => {
  for (const command of ["go", "/usr/local/go/bin/go"]) {
    const { code, stdout } = await run(command, ["env", "GOVERSION"], { cwd: "/", env: goEnvironment(env) });
    if (code === 0) return { command, version: stdout.trim() };
  }
  return undefined;
};
