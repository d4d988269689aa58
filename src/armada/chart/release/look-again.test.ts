import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../../../runtime/api.ts";
import { lookAgain } from "./look-again.ts";

const release = { namespace: "site", name: "blog" };

/** How often the record was asked for, and the pauses, when the first `failing` answers are refusals. */
const looked = async (failing: number, stop?: AbortSignal) => {
  let asked = 0;
  const pauses: number[] = [];
  const refresh = () => {
    asked += 1;
    return asked > failing ? Promise.resolve(undefined) : Promise.reject(new ApiError("later", { status: 503, reason: "ServiceUnavailable" }));
  };
  const sleep = (ms: number) => Promise.resolve(void pauses.push(ms));
  await lookAgain(release, { releases: { refresh }, sleep, ...(stop === undefined ? {} : { stop }) });
  return { asked, pauses };
};

describe("a record that helm has left", () => {
  test.each([
    ["is read once when that works", 0, { asked: 1, pauses: [] }],
    ["is read until that works", 2, { asked: 3, pauses: [250, 500] }],
    ["that cannot be read for long is left to the watch", 99, { asked: 6, pauses: [250, 500, 1000, 2000, 4000] }],
  ])("%s", async (_, failing, expected) => {
    expect(await looked(failing)).toEqual(expected);
  });

  test("is not waited for when the operator stops", async () => {
    expect(await looked(99, AbortSignal.abort())).toEqual({ asked: 1, pauses: [] });
  });
});
