import { expect, test } from "@jest/globals";
import { chart } from "../testing/estate.ts";
import { crowdingOf } from "./crowding.ts";

const at = (name: string, second: number) => {
  const made = chart(name);
  return { ...made, metadata: { ...made.metadata, uid: `uid-${name}`, creationTimestamp: `2026-01-01T00:00:0${String(second)}Z` } };
};
const charts = [at("c", 3), at("a", 1), at("b", 2), at("d", 3)];

test.each([
  [0, []],
  [1, ["c", "b", "d"]],
  [2, ["c", "d"]],
  [3, ["d"]],
  [4, []],
])("with a limit of %s the oldest count, and of the same second the uid decides: beyond it are %j", (limit, expected) => {
  const beyond = charts.filter((one) => crowdingOf(one, charts, limit) !== undefined);
  expect(beyond.map(({ metadata }) => metadata.name)).toEqual(expected);
});
