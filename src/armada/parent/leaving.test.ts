import { describe, expect, test } from "@jest/globals";
import { ApiError, type ObjectRef } from "../../runtime/api.ts";
import type { OwnerReference } from "../../runtime/object.ts";
import { group, referenceTo } from "../testing.ts";
import { leavingOf } from "./leaving.ts";

const never = new AbortController().signal;
const going = (finalizers: readonly string[] = []) => group("g", [], { metadata: { deletionTimestamp: "2026-03-01T11:00:00Z", finalizers } });
const named = (name: string, metadata: object) => ({
  apiVersion: "v1",
  kind: "X",
  metadata: { name, uid: `uid-${name}`, resourceVersion: "1", ...metadata },
});

/** `sentinel`: its owner references, or none when it is absent. */
const look = (world: {
  readonly finalizers?: readonly string[];
  readonly policy?: "orphan";
  readonly sentinel?: readonly OwnerReference[] | 403;
  readonly crdGoes?: boolean;
}) => {
  const { finalizers, policy, sentinel, crdGoes } = world;
  const get = async ({ resource, name }: ObjectRef) => {
    if (resource.kind === "CustomResourceDefinition") return named(name, crdGoes === true ? { deletionTimestamp: "2026-03-01T11:00:00Z" } : {});
    if (sentinel === 403) throw new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    return sentinel === undefined ? undefined : named(name, { ownerReferences: sentinel });
  };
  const parent = going(finalizers);
  const asked = policy === undefined ? parent : { ...parent, spec: { ...parent.spec, deletion_policy: policy } };
  return leavingOf(asked, { get } as never, never); // oxlint-disable-line typescript/no-unsafe-type-assertion -- a stub of one method
};

describe("how a parent goes", () => {
  const held = [referenceTo(going())];
  test.each([
    ["its members go with it", {}, undefined],
    ["members elsewhere too, while it owns its sentinel", { sentinel: held }, undefined],
    ["orphaned: the sentinel has lost its reference", { sentinel: [] }, "cascade"],
    ["orphaned: the garbage collector is at it", { finalizers: ["orphan"] }, "cascade"],
    ["in the foreground, which deletes the sentinel first", {}, undefined],
    ["by its policy", { policy: "orphan", sentinel: held }, "policy"],
    ["because its API goes, whatever its policy", { policy: "orphan", crdGoes: true }, "crd"],
    ["without the right to read ConfigMaps", { sentinel: 403 }, undefined],
  ] as const)("%s", async (_, world, expected) => {
    expect((await look(world)).orphaning).toBe(expected);
  });
});
