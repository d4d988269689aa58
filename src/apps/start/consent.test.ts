import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { agree, askOn, question, UsageError, type Undertaking } from "./consent.ts";

const never = new AbortController().signal;
const undertaking: Undertaking = { server: "https://10.0.0.1:6443", context: "prod", namespace: "team", example: "armada", inUse: false };

test("the question names what is done, the server, the context and the namespace", () => {
  expect(question(undertaking)).toBe(
    'Apply the CRDs, run the operator and apply examples/armada in namespace team on https://10.0.0.1:6443 (context "prod")? [y/N] ',
  );
  expect(question({ ...undertaking, inUse: true })).toMatch(
    /^CustomResourceDefinitions of armada\.airshipit\.org are there already: .*\nApply the CRDs/,
  );
});

test.each([
  ["a person says yes", { yes: false, answer: true }, 1, undefined],
  ["a person says no", { yes: false, answer: false }, 1, new Error("Nothing was written to https://10.0.0.1:6443")],
  ["it was agreed to beforehand", { yes: true, answer: false }, 0, undefined],
])("agree when %s", async (_, { yes, answer }, asked, error) => {
  const questions: string[] = [];
  const ask = (text: string): Promise<boolean> => Promise.resolve(questions.push(text) > 0 && answer);
  const outcome = await agree(undertaking, { yes, ask }, never).catch((reason: unknown) => reason);
  expect(outcome).toEqual(error);
  expect(questions).toEqual(Array.from({ length: asked }, () => question(undertaking)));
});

test("agree without a terminal asks for --yes, and names the server", async () => {
  const outcome = agree(undertaking, { yes: false, ask: undefined }, never);
  await expect(outcome).rejects.toThrow(UsageError);
  await expect(outcome).rejects.toThrow('Cannot ask whether to use https://10.0.0.1:6443 (context "prod") without a terminal: pass --yes to agree');
  await expect(agree(undertaking, { yes: true, ask: undefined }, never)).resolves.toBeUndefined();
});

test.each([
  ["y\n", true],
  [" YES \n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
  ["n\ny\n", false],
  ["", false],
])("askOn takes %j for %s", async (typed, expected) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const answer = askOn(input, output)("Really? ", never);
  expect(String(output.read())).toBe("Really? ");
  input.end(typed);
  expect(await answer).toBe(expected);
});

test("askOn gives up when the signal aborts, before and while it waits", async () => {
  const stop = new AbortController();
  const output = new PassThrough();
  const answer = askOn(new PassThrough(), output)("Really? ", stop.signal);
  stop.abort(new Error("stopped"));
  await expect(answer).rejects.toThrow("stopped");
  output.read();
  await expect(askOn(new PassThrough(), output)("Really? ", stop.signal)).rejects.toThrow("stopped");
  expect(output.read()).toBeNull();
});
