import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { parseStartOptions } from "./options.ts";
import { repository } from "./session.ts";

const parse = (...args: readonly string[]) => parseStartOptions(args, { examples: join(repository, "examples"), cwd: "/here/below" });
const plain = { example: "armada", once: false, kubeconfig: undefined, yes: false };

test.each([
  [[], plain],
  [["--once", "--example", "argo"], { ...plain, once: true, example: "argo" }],
  [["--kubeconfig", "../config"], { ...plain, kubeconfig: "/here/config" }],
  [["--kubeconfig", "/etc/config", "--yes"], { ...plain, kubeconfig: "/etc/config", yes: true }],
])("npm start -- %j", (args, options) => {
  expect(parse(...args)).toEqual({ options });
});

test("a flag without its value is refused", () => {
  expect(parse("--kubeconfig")).toEqual({ exitCode: 2, text: "error: option '--kubeconfig <file>' argument missing\n" });
});
