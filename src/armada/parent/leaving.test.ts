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
const look = async (world: {
  readonly finalizers?: readonly string[];
  readonly policy?: "orphan";
  readonly sentinel?: readonly OwnerReference[] | 403;
  readonly crdGoes?: boolean;
  readonly crossNamespace?: false;
  readonly itsTurn?: false;
}) => {
  const { finalizers, policy, sentinel, crdGoes, crossNamespace = true, itsTurn = true } = world;
  const reads: string[] = [];
  const get = async ({ resource, name }: ObjectRef) => {
    reads.push(resource.kind);
    if (resource.kind === "CustomResourceDefinition") return named(name, crdGoes === true ? { deletionTimestamp: "2026-03-01T11:00:00Z" } : {});
    if (sentinel === 403) throw new ApiError("forbidden", { status: 403, reason: "Forbidden" });
    return sentinel === undefined ? undefined : named(name, { ownerReferences: sentinel });
  };
  const parent = going(finalizers);
  const asked = policy === undefined ? parent : { ...parent, spec: { ...parent.spec, deletion_policy: policy } };
  const api = { get } as never; // oxlint-disable-line typescript/no-unsafe-type-assertion -- a stub of one method
  return { ...(await leavingOf(asked, { api, crossNamespace, itsTurn }, never)), reads };
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

describe("what is read to know how a parent goes", () => {
  const [sentinel, definition] = ["ConfigMap", "CustomResourceDefinition"];
  test.each([
    ["both, where members may live elsewhere", {}, [sentinel, definition]],
    ["no sentinel, where they may not", { crossNamespace: false }, [definition]],
    ["nothing before its turn", { itsTurn: false }, []],
    ["both before its turn, if its members stay anyway", { itsTurn: false, policy: "orphan" }, [sentinel, definition]],
    ["both before its turn, while it is orphaned", { itsTurn: false, finalizers: ["orphan"] }, [sentinel, definition]],
  ] as const)("%s", async (_, world, expected) => {
    expect((await look(world)).reads).toEqual(expected);
  });
});
