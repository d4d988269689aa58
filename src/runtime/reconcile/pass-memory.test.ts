import { expect, test } from "@jest/globals";
import { PassMemories } from "./pass-memory.ts";

const object = (name: string, uid: string) => ({ apiVersion: "v1", kind: "Toy", metadata: { name, namespace: "n", uid, resourceVersion: "1" } });

test("an object has one memory, and one made anew under its name an empty one", () => {
  const memories = new PassMemories<string>();
  memories.of(object("a", "1")).remember("made");
  expect(memories.of(object("a", "1")).outcomes).toEqual(["made"]);
  expect(memories.of(object("b", "2")).outcomes).toEqual([]);
  expect(memories.of(object("a", "3")).outcomes).toEqual([]);
  expect(memories.of(object("a", "1")).outcomes).toEqual([]);
});

test("dropped, it is forgotten", () => {
  const memories = new PassMemories<string>();
  memories.of(object("a", "1")).remember("made");
  memories.drop("n/a");
  expect(memories.of(object("a", "1")).outcomes).toEqual([]);
});

test("of outcomes that nobody tells the last twenty are kept, and what was told is let go", () => {
  const memory = new PassMemories<number>().of(object("a", "1"));
  for (let outcome = 1; outcome <= 30; outcome += 1) memory.remember(outcome);
  const untold = memory.outcomes;
  expect(untold).toEqual(Array.from({ length: 20 }, (_, index) => index + 11));
  memory.remember(31);
  memory.told(untold);
  expect(memory.outcomes).toEqual([31]);
});
