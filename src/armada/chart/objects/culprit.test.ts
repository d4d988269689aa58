import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../../../runtime/api.ts";
import { EVENTS } from "../../../runtime/events/event.ts";
import { MemoryApi } from "../../../runtime/testing/memory-api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { liveObject } from "../../readiness/testing/objects.ts";
import { findCulprit } from "./culprit.ts";

const never = new AbortController().signal;
const MAPS: Resource = { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true };
const ref = { resource: MAPS, namespace: "site", name: "web" };
const owner = { apiVersion: "v1", kind: "ConfigMap", name: "boss", uid: "uid-1" };
const live = liveObject("v1", "ConfigMap", {}, { ownerReferences: [owner] });
const DEAD =
  "its metadata.ownerReferences name ConfigMap boss (uid uid-1), which does not exist, so the garbage collector deletes it: remove them from the chart";
const NOBODY = "neither its metadata.ownerReferences nor its events show which client: see the audit log of the API server";

const world = () => Object.assign(new MemoryApi(), { resolve: () => Promise.resolve(MAPS) });
const event = (name: string, eventTime: string, note: string) => ({
  ...{ apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name }, regarding: { kind: "ConfigMap", name: "web" }, eventTime, note },
  ...{ reason: "Swept", reportingController: "example.org/sweeper" },
});

describe("who deletes an object that does not stay", () => {
  test("is the garbage collector, when its owner does not exist, or is another one of that name", async () => {
    const api = world();
    expect(await findCulprit(ref, live, api, never)).toBe(DEAD);
    const boss = await api.create({ resource: MAPS, namespace: "site" }, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "boss" } }, never);
    expect(boss.metadata.uid).toBe("uid-1");
    expect(await findCulprit(ref, live, api, never)).toBe(NOBODY);
    const other = liveObject("v1", "ConfigMap", {}, { ownerReferences: [{ ...owner, uid: "uid-0" }] });
    expect(await findCulprit(ref, other, api, never)).toBe(DEAD.replace("uid-1", "uid-0"));
  });

  test("is who spoke of it last, when there are events", async () => {
    const api = world();
    for (const each of [event("b", "2026-03-02T00:00:00Z", "late"), event("a", "2026-03-01T00:00:00Z", "early")])
      await api.create({ resource: EVENTS, namespace: "site" }, each, never);
    expect(await findCulprit(ref, liveObject("v1", "ConfigMap"), api, never)).toBe("its last event is Swept of example.org/sweeper: late");
  });

  test("is not guessed where the API server refuses to say", async () => {
    const api = world();
    api.before = () => {
      throw new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    };
    expect(await findCulprit(ref, live, api, never)).toBe(NOBODY);
  });
});
