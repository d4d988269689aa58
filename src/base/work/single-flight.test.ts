import { expect, test } from "@jest/globals";
import { SingleFlight } from "./single-flight.ts";

/** Work that ends when it is told to. */
const world = () => {
  const flights = new SingleFlight<string>();
  const started: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const ask = (key: string): Promise<string> =>
    flights.do(key, () => {
      started.push(key);
      const end = Promise.withResolvers<string>();
      ends.set(key, end);
      return end.promise;
    });
  return { flights, started, ends, ask };
};

test("work is done once for all who ask while it is done, and again for who comes later", async () => {
  const { flights, started, ends, ask } = world();
  const first = [ask("a"), ask("b"), ask("a")];
  expect([started, [...flights.keys()]]).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
  for (const [key, { resolve }] of ends) resolve(`${key}1`);
  expect(await Promise.all(first)).toEqual(["a1", "b1", "a1"]);
  expect([...flights.keys()]).toEqual([]);
  const again = ask("a");
  ends.get("a")?.resolve("a2");
  expect([await again, started]).toEqual(["a2", ["a", "b", "a"]]);
});

test("work that fails does so for all who wait, and is done again for the next", async () => {
  const { started, ends, ask } = world();
  const both = Promise.allSettled([ask("a"), ask("a")]);
  ends.get("a")?.reject(new Error("no"));
  expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const again = ask("a");
  ends.get("a")?.resolve("yes");
  expect([await again, started]).toEqual(["yes", ["a", "a"]]);
});
