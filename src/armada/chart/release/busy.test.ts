import { expect, test } from "@jest/globals";
import { BusyReleases } from "./busy.ts";

const of = (name: string, namespace = "site") => ({ namespace, name });

test("a release is busy while it is worked on, and no longer; others are not freed with it", async () => {
  const busy = new BusyReleases();
  const state = () => [of("a"), of("b"), of("a", "far")].map((release) => busy.has(release));
  let end = (): void => undefined;
  const long = busy.alone(of("b"), () => new Promise<void>((resolve) => (end = resolve)));
  await busy.alone(of("a"), async () => expect(state()).toEqual([true, true, false]));
  expect(state()).toEqual([false, true, false]);
  await expect(busy.alone(of("b"), async () => undefined)).rejects.toMatchObject({ status: 409 });
  await expect(busy.alone(of("a"), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  end();
  await long;
  expect(state()).toEqual([false, false, false]);
});
