import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { run } from "../base/process/process.ts";
import { readHelmVersion } from "./version.ts";

const fake = fileURLToPath(new URL("testing/fixtures/fake-helm", import.meta.url));
const live = new AbortController().signal;
const read = (helm: string, version: string): Promise<string> =>
  readHelmVersion(run, helm, { PATH: "/usr/bin:/bin", FAKE_HELM: "version", FAKE_HELM_VERSION: version }, live);

test.each(["v3.22.0", "v3.16.4", "v3.22", "v3.23.0-rc.1"])("helm %s is supported", async (version) => {
  await expect(read(fake, version)).resolves.toBe(version);
});

test.each([
  ["one that is too old", fake, "v3.15.4", `${fake} is helm v3.15.4: only helm 3 from 3.16 on is supported; name another one with --helm`],
  ["helm 4", fake, "v4.3.1", `${fake} is helm v4.3.1: only helm 3 from 3.16 on is supported; name another one with --helm`],
  ["something else", fake, "hello", `${fake} does not answer "helm version"; name a helm 3 with --helm`],
  ["a missing file", "/absent/helm", "", "Cannot start /absent/helm: it is not an executable file; install helm 3 or name it with --helm"],
  ["a file that cannot run", import.meta.filename, "", "it is not an executable file; install helm 3 or name it with --helm"],
  ["a name not in PATH", "no-such-helm", "", "no executable of that name in PATH (/usr/bin:/bin); install helm 3 or name it with --helm"],
])("%s is refused in one sentence", async (_title, helm, version, message) => {
  await expect(read(helm, version)).rejects.toThrow(message);
});
