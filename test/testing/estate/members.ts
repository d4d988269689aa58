import { expect } from "@jest/globals";
import { OWNER_LABEL } from "../../../src/armada/names.ts";
import { fieldsOf, listOf } from "../../../src/armada/readiness/fields.ts";
import { eventually } from "../eventually.ts";
import { textAt } from "../operator/recorder.ts";
import type { Namespace } from "./site.ts";

/** Names of the parents in a member's owner references, in the order of the list: `one (controller)`. */
export const ownersOf = async (namespace: Namespace, object: string): Promise<readonly string[]> =>
  listOf(fieldsOf(fieldsOf(await namespace.get(object))["metadata"])["ownerReferences"])
    .map(fieldsOf)
    .map(({ name, controller }) => `${String(name)}${controller === true ? " (controller)" : ""}`);

/** `uid=controller` and `uid=owner` of the owner labels of a member. */
export const labelledOwnersOf = async (namespace: Namespace, object: string): Promise<readonly string[]> =>
  Object.entries(fieldsOf(fieldsOf(fieldsOf(await namespace.get(object))["metadata"])["labels"]))
    .filter(([key]) => key.startsWith(OWNER_LABEL))
    .map(([key, value]) => `${key.slice(OWNER_LABEL.length)}=${String(value)}`);

export const uidOf = async (namespace: Namespace, object: string): Promise<string> => textAt(await namespace.get(object), "metadata.uid") ?? "";

/** The value of an annotation. */
export const annotation = (object: unknown, key: string): string | undefined => {
  const found = fieldsOf(fieldsOf(fieldsOf(object)["metadata"])["annotations"])[`armada.airshipit.org/${key}`];
  return typeof found === "string" ? found : undefined;
};

/** `reason note` of the object's events, in the order in which they were written. */
export const eventsOf = (namespace: Namespace, name: string): readonly string[] =>
  namespace
    .history()
    .filter(({ what, type, object }) => what.startsWith("Event ") && type === "ADDED" && textAt(object, "regarding.name") === name)
    .map(({ object }) => `${textAt(object, "reason") ?? ""} ${textAt(object, "note") ?? ""}`);

/** Waits for an event of the object that begins so. */
export const tells = (namespace: Namespace, name: string, text: string): Promise<void> =>
  eventually(`${name} tells: ${text}`, () => expect(eventsOf(namespace, name)).toContainEqual(expect.stringContaining(text)));

/** Names of the records of all releases in the namespace: `site-a.v1`. */
export const releases = async (namespace: Namespace): Promise<readonly string[]> =>
  (await namespace.names("secret", "owner=helm")).map((name) => name.replace("secret/sh.helm.release.v1.", ""));

/** The record of one revision, as the history calls it. */
export const record = (release: string, revision = 1): string => `Secret sh.helm.release.v1.${release}.v${String(revision)}`;

/** Revisions of things that happened one after the other. */
export const inOrder = async (...revisions: readonly Promise<number>[]): Promise<void> => {
  const seen = await Promise.all(revisions);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
};

/** Names of objects, without their kinds. */
export const namesOf = async (namespace: Namespace, kinds: string): Promise<readonly string[]> =>
  (await namespace.names(kinds)).map((name) => name.slice(name.indexOf("/") + 1));
