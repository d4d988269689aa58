import { expect, test } from "@jest/globals";
import { ApiError } from "../../runtime/api.ts";
import { MemoryApi } from "../../runtime/testing/memory-api.ts";
import { GROUPS } from "../api/group.ts";
import { ownerLabel, SHARES } from "../estate/owner-references.ts";
import { chart, estateOf, group, owned, wideEstateOf } from "../testing/estate.ts";
import { ownersUnwatched } from "./unwatched.ts";

const never = new AbortController().signal;
const known = group("known", ["c"], { metadata: { namespace: "near" } });

interface World {
  readonly namespaces?: readonly string[];
  readonly wide?: false;
  /** uid that the member's label names; default: that of the live parent. */
  readonly labelled?: string;
  readonly terminating?: true;
  readonly answer?: number;
}

/** A group `far/other` exists, of which no cache tells. */
const look = async ({ namespaces = ["site", "near"], wide, labelled, terminating, answer }: World) => {
  const api = new MemoryApi();
  const metadata = terminating === true ? { deletionTimestamp: "2026-03-01T11:00:00Z" } : {};
  const other = await api.create(
    { resource: GROUPS, namespace: undefined },
    group("other", ["c"], { metadata: { namespace: "far", ...metadata } }),
    never,
  );
  api.calls.length = 0;
  api.before = () => {
    if (answer !== undefined) throw new ApiError("it is forbidden", { status: answer, reason: "Any" });
  };
  const member = owned(chart("c", { metadata: { labels: { [ownerLabel(labelled ?? other.metadata.uid)]: SHARES } } }), group("gone", ["c"]));
  const estate = wide === false ? estateOf(known, member) : wideEstateOf(known, member);
  const names = await ownersUnwatched(member, { api, estate, namespaces }, never);
  return [names, api.calls.length > 0];
};

test.each([
  ["of a parent that lives", {}, [["ArmadaChartGroup far/other"], true]],
  ["of a parent that is being deleted", { terminating: true }, [[], true]],
  ["of a parent that does not exist", { labelled: "uid-nobody" }, [[], true]],
  ["of a parent that the caches know", { labelled: "uid-known" }, [[], false]],
  ["where all namespaces are watched", { namespaces: [] }, [[], false]],
  ["where members stay in their parents' namespaces", { wide: false }, [[], false]],
] as const)("a label %s", async (_, world, expected) => {
  expect(await look(world)).toEqual(expected);
});

test.each([0, 403, 503])("nothing is removed while it cannot be told (%d)", async (answer) => {
  const asked = look({ answer });
  await expect(asked).rejects.toThrow(
    "cannot tell whether a parent outside --watch-namespaces owns ArmadaChart c, as its label says, so nothing is removed until it can",
  );
  await expect(asked).rejects.toMatchObject({ status: answer });
});
