import { beforeEach, describe, expect, test } from "@jest/globals";
import { messageOf } from "../../../base/errors.ts";
import type { ReleaseLabels } from "../../../helm/driver.ts";
import type { ReleaseRecord } from "../../../helm/release.ts";
import { BusyReleases } from "./busy.ts";
import { takeAction } from "../decision/ownership-rows.ts";
import { giveBack, take, type ChangeOwnerDeps } from "./change-owner.ts";
import type { Ownership } from "./ownership.ts";
import { facts, named, nobodys, others, ready, released } from "../testing/charts.ts";

const never = new AbortController().signal;
const of = named();
const WANTED = ready(of).inputsDigest;
const agreeing: Ownership = { of: "nobody", agrees: true };

/** Labels that were written to the newest Secret. */
let written: ReleaseLabels[];
/** Uids of which a fresh read tells. */
let exist: string[];
let busy: BusyReleases;

beforeEach(() => {
  [written, exist, busy] = [[], [], new BusyReleases()];
});

const deps = (): ChangeOwnerDeps => {
  const parts = {
    busy,
    releases: { refresh: () => Promise.resolve(undefined) },
    records: { relabel: (_: ReleaseRecord, labels: ReleaseLabels) => Promise.resolve(void written.push(labels)) },
    chartExists: (uid: string) => Promise.resolve(exist.includes(uid)),
  };
  return parts as unknown as ChangeOwnerDeps; // oxlint-disable-line typescript/no-unsafe-type-assertion -- what a change of owner asks for, and nothing else
};

/** A release whose newest Secret names `uid-gone`, in the notation of {@link released}. */
const seen = (notation = "2 deployed other"): ReleaseRecord => released(named({ metadata: { uid: "uid-gone" } }), notation).record;

const taking = (ownership: Ownership, notation?: string) => {
  const record = seen(notation);
  const observed = facts(of, { record, ownership });
  return { ...takeAction({ observed, record }, ""), epoch: observed.epoch };
};

const become = (work: Promise<void>): Promise<string> => work.then(() => written.map(({ owner }) => owner).join(), messageOf);

describe("taking a release", () => {
  test.each([
    ["whose owner is gone", nobodys, [], "uid-blog"],
    ["whose owner the caches do not know yet", nobodys, ["uid-gone"], "release blog has an owner that was not known"],
    ["the same, though it was made from what is wanted", agreeing, ["uid-gone"], "release blog has an owner that was not known"],
    ["of another chart, which exists", others, ["uid-gone"], "uid-blog"],
  ] as const)("%s", async (_, ownership, alive, expected) => {
    exist.push(...alive);
    expect(await become(take(of, taking(ownership), deps(), never))).toBe(expected);
  });

  test.each([
    ["of another chart keeps the digest of what it was made from", others, "2 deployed other", "sha256.other"],
    ["of nobody, made from what is wanted, has that digest", agreeing, "2 deployed other", WANTED],
    ["of nobody keeps the digest", nobodys, "2 deployed other", "sha256.other"],
    ["made by somebody else's helm has none that counts", nobodys, "2 deployed foreign", `adopted.${"0".repeat(40)}`],
  ] as const)("%s", async (_, ownership, notation, inputs) => {
    await take(of, taking(ownership, notation), deps(), never);
    expect(written).toEqual([{ owner: "uid-blog", inputs, revision: 2, epoch: "3-abc" }]);
  });
});

describe("while helm runs for the release, its labels are not touched: helm would write the old owner again", () => {
  const heir = { uid: "uid-former", name: "ArmadaChart former" };
  test.each([
    ["taking", () => take(of, taking(others), deps(), never), "uid-blog"],
    ["giving back", () => giveBack({ record: seen(), epoch: "3-abc", heir }, deps(), never), "uid-former"],
  ])("%s", async (_, change, owner) => {
    const { promise: helm, resolve: ended } = Promise.withResolvers<void>();
    const running = busy.alone({ namespace: "site", name: "blog" }, () => helm);
    expect(await become(change())).toBe("release blog is being written for another ArmadaChart");
    expect(written).toEqual([]);
    ended();
    await running;
    expect(await become(change())).toBe(owner);
  });
});
