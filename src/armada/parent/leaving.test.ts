import { describe, expect, test } from "@jest/globals";
import { ApiError, type ObjectRef } from "../../runtime/api.ts";
import type { OwnerReference } from "../../runtime/object.ts";
import { group, referenceTo } from "../testing/estate.ts";
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
  /** What becomes of its definition. */
  readonly crd?: "stays" | "goes" | "gone" | "is new" | 403 | 503;
  readonly owns?: "nothing" | "here" | "elsewhere";
  readonly crossNamespace?: false;
  readonly itsTurn?: false;
}) => {
  const { finalizers, policy, sentinel, crd = "stays", owns = "here", crossNamespace = true, itsTurn = true } = world;
  const reads: string[] = [];
  const get = async ({ resource, name }: ObjectRef) => {
    reads.push(resource.kind);
    if (resource.kind === "CustomResourceDefinition") return definition(name, crd);
    if (sentinel === 403) throw refusal(403);
    return sentinel === undefined ? undefined : named(name, { ownerReferences: sentinel });
  };
  const parent = going(finalizers);
  const asked = policy === undefined ? parent : { ...parent, spec: { ...parent.spec, deletion_policy: policy } };
  const api = { get } as never; // oxlint-disable-line typescript/no-unsafe-type-assertion -- a stub of one method
  const deps = { api, crossNamespace, itsTurn, owns: owns !== "nothing", ownsElsewhere: owns === "elsewhere" };
  return { ...(await leavingOf(asked, deps, never)), reads };
};

const refusal = (status: number): ApiError => new ApiError("it is forbidden", { status, reason: "Forbidden" });

const definition = (name: string, crd: "stays" | "goes" | "gone" | "is new" | 403 | 503) => {
  if (typeof crd === "number") throw refusal(crd);
  if (crd === "gone") return undefined;
  // The parent was marked at eleven.
  return named(name, {
    creationTimestamp: crd === "is new" ? "2026-03-01T11:00:01Z" : "2026-01-01T00:00:00Z",
    ...(crd === "goes" ? { deletionTimestamp: "2026-03-01T11:00:00Z" } : {}),
  });
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
    ["because its API goes", { crd: "goes" }, "crd"],
    ["because its API is gone", { crd: "gone" }, "crd"],
    ["because it was marked before its definition was made anew", { crd: "is new" }, "crd"],
    ["by its policy, whatever becomes of its API", { policy: "orphan", crd: 403 }, "policy"],
    ["orphaned, whatever becomes of its API", { finalizers: ["orphan"], crd: 503 }, "cascade"],
    ["at once, whatever becomes of its API, when it owns nothing", { owns: "nothing", crd: 403 }, undefined],
    ["without the right to read ConfigMaps, when it owns nothing elsewhere", { sentinel: 403 }, undefined],
    ["by its policy, without the right to read ConfigMaps", { policy: "orphan", sentinel: 403, owns: "elsewhere" }, "policy"],
  ] as const)("%s", async (_, world, expected) => {
    expect((await look(world)).orphaning).toBe(expected);
  });
});

describe("nothing is removed while it cannot be told", () => {
  test.each([
    ["whether the definition goes: no right", { crd: 403 }, 403, "whether CustomResourceDefinition armadachartgroups.armada.airshipit.org is being"],
    ["whether the definition goes: no answer", { crd: 503 }, 503, "whether CustomResourceDefinition armadachartgroups.armada.airshipit.org is being"],
    ["whether it is orphaned", { sentinel: 403, owns: "elsewhere" }, 403, "whether it is deleted with --cascade=orphan"],
  ] as const)("%s", async (_, world, status, question) => {
    const asked = look(world);
    await expect(asked).rejects.toThrow(`cannot tell ${question}`);
    await expect(asked).rejects.toMatchObject({ status, message: expect.stringContaining("so nothing is removed until it can: it is forbidden") });
  });
});

describe("what is read to know how a parent goes", () => {
  const [sentinel, crd] = ["ConfigMap", "CustomResourceDefinition"];
  test.each([
    ["both, where members may live elsewhere", {}, [sentinel, crd]],
    ["no sentinel, where they may not", { crossNamespace: false }, [crd]],
    ["no definition, when it owns nothing", { owns: "nothing" }, [sentinel]],
    ["nothing before its turn", { itsTurn: false }, []],
    ["only the sentinel before its turn, if its members stay anyway", { itsTurn: false, policy: "orphan" }, [sentinel]],
    ["only the sentinel before its turn, while it is orphaned", { itsTurn: false, finalizers: ["orphan"] }, [sentinel]],
  ] as const)("%s", async (_, world, expected) => {
    expect((await look(world)).reads).toEqual(expected);
  });
});
