import { expect, test } from "@jest/globals";
import { silentLogger } from "../../base/log.ts";
import type { KubeObject } from "../object.ts";
import { Store } from "./store.ts";

/** `a1@5`: object `a`, uid `a1`, resource version 5; the name is the first letter. */
const obj = (text: string, labels: Record<string, string> = {}): KubeObject => {
  const [uid = "", resourceVersion = ""] = text.split("@");
  return { apiVersion: "v1", kind: "Thing", metadata: { name: uid.slice(0, 1), namespace: "n", uid, resourceVersion, labels } };
};
const show = (object: KubeObject): string => `${object.metadata.uid}@${object.metadata.resourceVersion}`;

/** Each step is `+uid@version` (upsert), `-uid@version` (remove) or `=version:uid@version,…` (replace). */
const play = (store: Store<KubeObject>, steps: string): string => {
  const changes: string[] = [];
  store.onChange(({ type, object }) => changes.push(`${type} ${show(object)}`));
  for (const step of steps.split(" ")) {
    if (step.startsWith("+")) store.upsert(obj(step.slice(1)));
    else if (step.startsWith("-")) store.remove(obj(step.slice(1)));
    else {
      const [resourceVersion = "", items = ""] = step.slice(1).split(":");
      const lost = resourceVersion.endsWith("!");
      const objects = items === "" ? [] : items.split(",").map((item) => obj(item));
      store.replace(objects, { resourceVersion: resourceVersion.replace("!", ""), historyLost: lost });
    }
  }
  return changes.join(", ");
};

test.each([
  ["a new object is added, a newer version updates it", "+a1@5 +a1@6", "added a1@5, updated a1@6"],
  ["versions are compared as numbers", "+a1@9 +a1@10 +a1@9", "added a1@9, updated a1@10"],
  ["the same version is no change", "+a1@5 +a1@5", "added a1@5"],
  ["a watch that lags behind a write does not bring the older version back", "+a1@8 +a1@6 +a1@7", "added a1@8"],
  ["a deletion removes", "+a1@5 -a1@6", "added a1@5, deleted a1@5"],
  ["an object known to be gone is removed at the version known", "+a1@5 -a1@5", "added a1@5, deleted a1@5"],
  ["a late answer does not bring a deleted object back", "+a1@5 -a1@8 +a1@7", "added a1@5, deleted a1@5"],
  ["a deletion heard of before the object is remembered", "-a1@8 +a1@7", ""],
  ["an object that left the selector and came back is added again", "+a1@5 -a1@8 +a1@9", "added a1@5, deleted a1@5, added a1@9"],
  ["a late deletion does not remove a version written after it", "+a1@5 +a1@9 -a1@8", "added a1@5, updated a1@9"],
  ["a successor of the same name replaces", "+a1@5 +a2@9", "added a1@5, deleted a1@5, added a2@9"],
  ["the predecessor does not come back", "+a2@9 +a1@5", "added a2@9"],
  ["the deletion of the predecessor does not remove the successor", "+a1@5 +a2@9 -a1@8", "added a1@5, deleted a1@5, added a2@9"],
  ["a list removes what it lacks", "+a1@5 +b1@6 =7:b1@6", "added a1@5, added b1@6, deleted a1@5"],
  ["a list keeps what was written after it was read", "+a1@9 =7:b1@6", "added a1@9, added b1@6"],
  ["a list does not bring an older version back", "+a1@9 =7:a1@6", "added a1@9"],
  ["an object a list lacks stays away afterwards", "+a1@5 =7: +a1@6", "added a1@5, deleted a1@5"],
  [
    "a list after a restored backup is right though its versions are older",
    "+a1@50 =7!:a1@6 +a1@8",
    "added a1@50, deleted a1@50, added a1@6, updated a1@8",
  ],
])("%s", (_title, steps, changes) => {
  expect(play(new Store(), steps)).toBe(changes);
});

test("only the latest deletions are remembered", () => {
  expect(play(new Store({ tombstones: 1 }), "-a1@5 -b1@5 +b1@4 +a1@4")).toBe("added a1@4");
});

test("what is kept is frozen to the bottom", () => {
  const store = new Store();
  store.upsert(obj("a1@5", { x: "y" }));
  expect(Object.isFrozen(store.get("n/a")?.metadata.labels)).toBe(true);
});

test("an index follows each change, and an unknown index is an error", () => {
  const store = new Store({ indexers: { label: (object) => Object.values(object.metadata.labels ?? {}) } });
  const found = (value: string): readonly string[] => store.byIndex("label", value).map(show);
  store.upsert(obj("a1@5", { x: "red" }));
  store.upsert(obj("b1@6", { x: "red", y: "blue" }));
  expect([found("red"), found("blue"), found("green")]).toEqual([["a1@5", "b1@6"], ["b1@6"], []]);
  store.upsert(obj("a1@7", { x: "green" }));
  store.remove(obj("b1@8"));
  expect([found("red"), found("blue"), found("green")]).toEqual([[], [], ["a1@7"]]);
  expect(() => store.byIndex("colour", "red")).toThrow('no index "colour"');
});

test("a listener that throws is logged and the others still hear", () => {
  const errors: string[] = [];
  const store = new Store({ log: { ...silentLogger, error: (message, facts) => errors.push(`${message} ${String(facts?.["error"])}`) } });
  store.onChange(() => {
    throw new Error("listener is broken");
  });
  expect(play(store, "+a1@5")).toBe("added a1@5");
  expect(errors).toEqual(["change listener failed listener is broken"]);
});

test("a listener that writes is heard of by all, in order, and one taken off hears no more", () => {
  const store = new Store();
  const heard: string[] = [];
  const stop = store.onChange(({ type, object }) => {
    if (type === "added") store.upsert(obj("a1@6"));
    heard.push(`first ${show(object)}`);
  });
  store.onChange(({ object, old }) => heard.push(`second ${show(object)} after ${old === undefined ? "nothing" : show(old)}`));
  store.upsert(obj("a1@5"));
  expect(heard).toEqual(["first a1@5", "second a1@5 after nothing", "first a1@6", "second a1@6 after a1@5"]);
  stop();
  store.upsert(obj("a1@7"));
  expect(heard.at(-1)).toBe("second a1@7 after a1@6");
  expect(heard).toHaveLength(5);
});

test("a list of one namespace says nothing of the others, not even when history was lost", () => {
  const store = new Store<KubeObject>();
  const other = { ...obj("b1@4"), metadata: { ...obj("b1@4").metadata, namespace: "m" } };
  store.upsert(obj("a1@3"));
  store.upsert(other);
  store.replace([], { resourceVersion: "9", namespace: "n" });
  expect(store.list().map(show)).toEqual(["b1@4"]);
  store.replace([], { resourceVersion: "1", namespace: "n", historyLost: true });
  expect(store.list().map(show)).toEqual(["b1@4"]);
});
