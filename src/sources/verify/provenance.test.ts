import { expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ManualClock } from "../../base/testing/manual-clock.ts";
import type { ChildResult, run } from "../../base/process/process.ts";
import { RawCache } from "../cache/raw.ts";
import { temporaryFolder } from "../testing/artifacts.ts";
import { ProvenanceVerifier } from "./provenance.ts";

const { signal } = new AbortController();
const ARCHIVE = Buffer.from("an archive");
const digest = `sha256:${createHash("sha256").update(ARCHIVE).digest("hex")}`;
const GOOD: ChildResult = {
  exitCode: 0,
  stdout: "Signed by: Jane\nUsing Key With Fingerprint: AB12\n",
  stderr: "",
  aborted: false,
  timedOut: false,
  durationMs: 1,
};

/** A helm that says of each question in turn what it is told to say. */
const world = async (...answers: readonly ChildResult[]) => {
  const temporary = await temporaryFolder();
  const raw = await RawCache.open({ directory: join(temporary.path, "raw"), clock: new ManualClock() });
  await raw.keep(async (sink) => {
    await sink(ARCHIVE);
    return true;
  });
  let asked = 0;
  const helm: typeof run = () => Promise.resolve(answers[asked++] ?? GOOD);
  const verifier = new ProvenanceVerifier({ run: helm, helm: "helm", raw });
  const verify = (provenance: string, keyring: string) =>
    verifier.verify(
      { digest, name: "blog", version: "1.0.0", provenance: Buffer.from(provenance), keyring: Buffer.from(keyring), what: "the chart" },
      signal,
    );
  return { verify, asked: () => asked, remove: () => temporary.remove() };
};

test("helm is asked once for an archive, a provenance file and a keyring, and again where one of them is another", async () => {
  const { verify, asked, remove } = await world();
  expect([await verify("p", "k"), await verify("p", "k"), asked()]).toEqual(["Jane, key AB12", "Jane, key AB12", 1]);
  await verify("p", "another");
  await verify("another", "k");
  expect(asked()).toBe(3);
  await remove();
});

const { exitCode: _none, ...ENDLESS } = GOOD;

test.each<[string, ChildResult, object]>([
  ["says no", { ...GOOD, exitCode: 1, stderr: "openpgp: signature made by unknown entity" }, { reason: "VerificationFailed", class: "terminal" }],
  ["names no key", { ...GOOD, stdout: "Chart Hash Verified" }, { reason: "VerificationFailed", class: "terminal" }],
  ["takes too long", { ...ENDLESS, timedOut: true }, { class: "transient" }],
])("an archive is not signed where helm %s, and it will be retried", async (_, answer, expected) => {
  const { verify, asked, remove } = await world(answer);
  await expect(verify("p", "k")).rejects.toMatchObject(expected);
  expect([await verify("p", "k"), asked()]).toEqual(["Jane, key AB12", 2]);
  await remove();
});
