// Before the first test file; jest wants a module of its own for it, and one for what comes after the last.
import { messageOf } from "../../../src/base/errors.ts";
import { openForTests } from "./for-tests.ts";

export default async ({ maxWorkers }) => {
  try {
    Reflect.set(globalThis, "closeForTests", await openForTests(maxWorkers));
  } catch (error) {
    // One sentence: jest itself would add where it was thrown.
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
};
