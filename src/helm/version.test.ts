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
  ["one that is too old", fake, "v3.15.4", `${fake} is helm v3.15.4: helm 3.16 or a later 3.x is required; set --helm to the path of another one`],
  ["helm 4", fake, "v4.3.1", `${fake} is helm v4.3.1: helm 3.16 or a later 3.x is required; set --helm to the path of another one`],
  ["something else", fake, "hello", `${fake} does not respond to "helm version"; set --helm to the path of helm 3`],
  ["a missing file", "/absent/helm", "", "cannot start /absent/helm: it is not an executable file; install helm 3 or set --helm to its path"],
  ["a file that cannot run", import.meta.filename, "", "it is not an executable file; install helm 3 or set --helm to its path"],
  ["a name not in PATH", "no-such-helm", "", "no executable of that name in PATH (/usr/bin:/bin); install helm 3 or set --helm to its path"],
])("%s is refused in one sentence", async (_title, helm, version, message) => {
  await expect(read(helm, version)).rejects.toThrow(message);
});
