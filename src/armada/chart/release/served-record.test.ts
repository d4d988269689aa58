import { describe, expect, test } from "@jest/globals";
import { HelmError, type HelmResult } from "../../../helm/driver.ts";
import { ApiError } from "../../../runtime/api.ts";
import type { HelmVerb } from "../action.ts";
import { withServedRecord, type ServedRecordDeps } from "./served-record.ts";
import { named, released } from "../testing/charts.ts";

const never = new AbortController().signal;
const release = { namespace: "site", name: "blog" };
const { record } = released(named(), "1 deployed");
const unserved = new HelmError("no matches for kind Widget", { reason: "KindNotServed", class: "transient" });
const denied = new HelmError("denied", { reason: "Rejected", class: "terminal", warnings: ["old"] });

/** Runs with what helm answers in turn; what came of it, and how often the record was adapted. */
const attempt = async (
  verb: HelmVerb,
  answers: readonly (HelmResult | HelmError)[],
  adapt: ServedRecordDeps["records"]["adapt"],
  signal: AbortSignal = never,
) => {
  let runs = 0;
  let adapted = 0;
  const deps: ServedRecordDeps = {
    api: { serving: () => Promise.resolve("gone") },
    releases: { refresh: () => Promise.resolve(record) },
    records: {
      adapt: (...args) => {
        adapted += 1;
        return adapt(...args);
      },
    },
  };
  const run = async (): Promise<HelmResult> => {
    const answer = answers[(runs += 1) - 1];
    if (answer === undefined) throw new Error("helm ran too often");
    if (answer instanceof HelmError) throw answer;
    return answer;
  };
  const result = await withServedRecord(release, verb, run, deps, signal).catch((error: unknown) => error);
  return { result, runs, adapted };
};

const gone = () => Promise.resolve(["Widget w is removed"]);
const nothing = () => Promise.resolve([]);
const unknown = () => Promise.reject(new ApiError("the server is away", { status: 503, reason: "ServiceUnavailable" }));

describe("a record with a kind that is not served any more", () => {
  test.each(["upgrade", "uninstall"] as const)("is adapted and helm %s runs again; what was left out is a warning", async (verb) => {
    const { result, runs, adapted } = await attempt(verb, [unserved, { warnings: ["w"] }], gone);
    expect([result, runs, adapted]).toEqual([{ warnings: ["Widget w is removed", "w"] }, 2, 1]);
  });

  test("is told of also when helm fails then", async () => {
    const { result } = await attempt("upgrade", [unserved, denied], gone);
    expect(result).toMatchObject({ message: "denied", reason: "Rejected", class: "terminal", warnings: ["Widget w is removed", "old"] });
  });

  test.each([
    ["is served after all", nothing, "no matches for kind Widget"],
    ["may be served", unknown, "no matches for kind Widget; its record was not adapted: the server is away"],
  ])("stays as it is when the kind %s, and helm runs once", async (_, adapt, message) => {
    const { result, runs } = await attempt("uninstall", [unserved], adapt);
    expect([result, runs]).toEqual([expect.objectContaining({ message, reason: "KindNotServed", class: "transient" }), 1]);
  });

  test("is none of an installation: there is no record to go on from", async () => {
    expect(await attempt("install", [unserved], gone)).toEqual({ result: unserved, runs: 1, adapted: 0 });
  });

  test("is no failure of helm when the pass ends meanwhile", async () => {
    const over = new AbortController();
    const ending = () => Promise.reject(over.abort(new Error("superseded")));
    expect((await attempt("upgrade", [unserved], ending, over.signal)).result).toEqual(new Error("superseded"));
  });

  test("is adapted once only", async () => {
    expect(await attempt("uninstall", [unserved, unserved], gone)).toMatchObject({ result: { reason: "KindNotServed" }, runs: 2, adapted: 1 });
  });
});

test.each(["install", "upgrade", "uninstall"] as const)("any other failure of helm %s is just that", async (verb) => {
  expect(await attempt(verb, [denied], gone)).toEqual({ result: denied, runs: 1, adapted: 0 });
});
