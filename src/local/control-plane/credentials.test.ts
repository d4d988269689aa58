import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { kubeconfigText, writeCredentials } from "./credentials.ts";

test("writeCredentials makes keys and a token that only the owner can read", async () => {
  const directory = await mkdtemp(join(tmpdir(), "armada-operator-credentials-"));
  try {
    const credentials = await writeCredentials(directory);
    expect(await readFile(credentials.tokenFile, "utf8")).toBe(`${credentials.token},admin,admin,"system:masters"\n`);
    expect(await readFile(credentials.serviceAccountKeyFile, "utf8")).toContain("BEGIN EC PRIVATE KEY");
    expect(await readFile(credentials.serviceAccountPublicKeyFile, "utf8")).toContain("BEGIN PUBLIC KEY");
    for (const path of [credentials.tokenFile, credentials.serviceAccountKeyFile]) expect((await stat(path)).mode & 0o777).toBe(0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("kubeconfigText trusts the CA that it is given and nothing else", () => {
  const config: unknown = JSON.parse(kubeconfigText({ server: "https://127.0.0.1:6443", ca: "PEM", token: "t" }));
  expect(config).toMatchObject({
    "current-context": "armada-local",
    clusters: [{ name: "armada-local", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": "UEVN" } }],
    users: [{ name: "admin", user: { token: "t" } }],
  });
});

test("kubeconfigText names the user and the namespace that it is given", () => {
  const config: unknown = JSON.parse(kubeconfigText({ server: "https://127.0.0.1:6443", ca: "PEM", token: "t", user: "robot", namespace: "works" }));
  expect(config).toMatchObject({ users: [{ name: "robot" }], contexts: [{ context: { user: "robot", namespace: "works" } }] });
});
