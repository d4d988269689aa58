import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import { ChartWorld } from "./testing/operator.ts";

const SENTINEL = "s3ntinel";
const values = (word: string) => ({ password: word, nested: { list: [{ deep: word }], [`key-${word}`]: true } });

let world: ChartWorld;
beforeEach(() => {
  world = new ChartWorld();
});
afterEach(() => world.close());

/** Everything that left the operator while the chart was installed, edited, failed, mended and deleted. */
const live = async (): Promise<void> => {
  world.helm.warnings = ["unknown field spec.x"];
  await world.create({ values: values(`${SENTINEL}-1`) });
  await world.reconcile();
  world.helm.failures.push(new HelmError("the hook failed", { reason: "HookFailed", class: "transient", warnings: ["deprecated"] }));
  await world.clock.advance(60_000);
  await world.edit({ values: values(`${SENTINEL}-2`) });
  await world.reconcile();
  await world.clock.advance(60_000);
  await world.reconcile();
  await world.delete();
  await world.reconcile();
};

const holds = (what: unknown): boolean => JSON.stringify(what).includes(SENTINEL);

test("what stands in spec.values comes to helm's values whole, at every run", async () => {
  await live();
  expect(world.helm.calls.map((call) => [call.verb, "values" in call ? call.values : undefined])).toEqual([
    ["install", values(`${SENTINEL}-1`)],
    // a merge patch keeps the key of the first
    ["upgrade", { ...values(`${SENTINEL}-2`), nested: { ...values(`${SENTINEL}-1`).nested, ...values(`${SENTINEL}-2`).nested } }],
    ["upgrade", { ...values(`${SENTINEL}-2`), nested: { ...values(`${SENTINEL}-1`).nested, ...values(`${SENTINEL}-2`).nested } }],
    ["uninstall", undefined],
  ]);
});

test("and nowhere else: no other part of a request to helm, no write, no event, no line of the log, no source", async () => {
  await live();
  const requests = world.helm.calls.map((call) => ("values" in call ? { ...call, values: undefined } : call));
  const told = world.events.map(({ type, reason, action, note }) => ({ type, reason, action, note }));
  expect([world.api.calls.length, told.length, world.logged.length].every((number) => number > 5)).toBe(true);
  expect([world.api.calls, requests, told, world.logged, world.fetched].map(holds)).toEqual([false, false, false, false, false]);
});
