// Before the first test file; jest wants a module of its own for it, and one for what comes after the last.
import { openForTests } from "./for-tests.ts";

export default async ({ maxWorkers }) => {
  Reflect.set(globalThis, "closeForTests", await openForTests(maxWorkers));
};
