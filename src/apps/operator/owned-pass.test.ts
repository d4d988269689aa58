import { expect, test } from "@jest/globals";
import { Store } from "../../runtime/cache/store.ts";
import type { KubeObject, Resource } from "../../runtime/object.ts";
import { ownedPass } from "./owned-pass.ts";

const never = new AbortController().signal;
const resource: Resource = { group: "", version: "v1", plural: "things", kind: "Thing", namespaced: true };
const thing = (resourceVersion: string, uid = "uid-1"): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { namespace: "site", name: "one", uid, resourceVersion },
});

const world = ({ others = true, live = [thing("7")] }: { readonly others?: boolean; readonly live?: readonly KubeObject[] } = {}) => {
  const store = new Store<KubeObject>();
  store.upsert(thing("5"));
  const said: string[] = [];
  const hold: { epoch: string | undefined } = { epoch: "1" };
  const version = (): string => store.get("site/one")?.metadata.resourceVersion ?? "none";
  const pass = ownedPass<KubeObject>({
    kernel: {
      reconcile: () => (said.push(`pass over version ${version()}`), Promise.resolve({ afterMs: 1 })),
      forget: (key) => void said.push(`forget ${key}`),
    },
    ownership: {
      others,
      epochOf: () => hold.epoch ?? "",
      pass: (_uid, work) => (hold.epoch === undefined ? Promise.resolve(undefined) : work()),
    },
    resource,
    api: { get: <T>() => (said.push("get"), Promise.resolve(live[0] as T | undefined)) }, // oxlint-disable-line typescript/no-unsafe-type-assertion -- a fake
    store,
    parse: (object) => object,
    freshen: () => (said.push("read its release anew"), Promise.resolve()),
  });
  return { said, hold, store, pass: () => pass("site/one", never) };
};

test("before the first pass under each hold the object is read anew, and whatever belongs to it", async () => {
  const { said, hold, pass } = world();
  expect(await pass()).toEqual({ afterMs: 1 });
  await pass();
  hold.epoch = "2";
  await pass();
  const anew = ["get", "read its release anew", "pass over version 7"];
  expect(said).toEqual([...anew, "pass over version 7", ...anew]);
});

test("one that is gone by then is not taken for there", async () => {
  const { said, pass } = world({ live: [] });
  await pass();
  expect(said).toEqual(["get", "pass over version none"]);
});

test("where nobody else works nothing is read anew", async () => {
  const { said, pass } = world({ others: false });
  await pass();
  expect(said).toEqual(["pass over version 5"]);
});

test("of one that is not ours nothing is done, and nothing kept", async () => {
  const { said, hold, pass } = world();
  hold.epoch = undefined;
  expect(await pass()).toEqual({});
  expect(said).toEqual(["forget site/one"]);
});
