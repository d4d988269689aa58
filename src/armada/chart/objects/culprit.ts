import { cutUtf8, oneLine } from "../../../base/text.ts";
import { isApiError, type ApiClient, type ObjectRef } from "../../../runtime/api.ts";
import { EVENTS } from "../../../runtime/events/event.ts";
import type { DynamicObject, OwnerReference } from "../../../runtime/object.ts";
import { fieldsOf, textOf } from "../../readiness/fields.ts";

type CulpritApi = Pick<ApiClient, "get" | "list" | "resolve">;

const NOTE_BYTES = 200;

/**
 * One clause on who deletes an object that does not stay, as `live` and events tell: an owner that does not exist (the garbage collector does
 * it), or who last spoke of the object. What cannot be asked is passed over.
 */
export const findCulprit = async (ref: ObjectRef, live: DynamicObject, api: CulpritApi, signal: AbortSignal): Promise<string> => {
  const [dead] = await deadOwners(ref, live, api, signal);
  if (dead !== undefined) {
    return `its metadata.ownerReferences name ${dead.kind} ${dead.name} (uid ${dead.uid}), which does not exist, so the garbage collector deletes it: remove them from the chart`;
  }
  const event = await lastEvent(ref, api, signal);
  if (event !== undefined) return `its last event is ${event}`;
  return "neither its metadata.ownerReferences nor its events show which client: see the audit log of the API server";
};

const deadOwners = async (ref: ObjectRef, live: DynamicObject, api: CulpritApi, signal: AbortSignal): Promise<readonly OwnerReference[]> => {
  const dead: OwnerReference[] = [];
  for (const owner of live.metadata.ownerReferences ?? []) if (await isDead(owner, ref, api, signal)) dead.push(owner);
  return dead;
};

const isDead = async (owner: OwnerReference, { namespace }: ObjectRef, api: CulpritApi, signal: AbortSignal): Promise<boolean> => {
  const asked = await answerOf(async () => {
    const resource = await api.resolve(owner.apiVersion, owner.kind, signal);
    if (resource === undefined) return false;
    const found = await api.get({ resource, namespace: resource.namespaced ? namespace : undefined, name: owner.name, metadataOnly: true }, signal);
    return found?.metadata.uid !== owner.uid;
  });
  return asked ?? false;
};

/** Events of objects without a namespace are in `default`. */
const lastEvent = async ({ resource, namespace = "default", name }: ObjectRef, api: CulpritApi, signal: AbortSignal): Promise<string | undefined> => {
  const fieldSelector = `regarding.kind=${resource.kind},regarding.name=${name}`;
  const events = (await answerOf(() => api.list(EVENTS, { namespace, fieldSelector }, signal))) ?? [];
  const last = events.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b))).at(-1);
  if (last === undefined) return undefined;
  const by = textOf(last["reportingController"]) ?? textOf(fieldsOf(last["deprecatedSource"])["component"]) ?? "an unnamed controller";
  return cutUtf8(oneLine(`${textOf(last["reason"]) ?? "without a reason"} of ${by}: ${textOf(last["note"]) ?? "no note"}`), NOTE_BYTES, "…");
};

const timeOf = (event: DynamicObject): string =>
  textOf(fieldsOf(event["series"])["lastObservedTime"]) ?? textOf(event["eventTime"]) ?? textOf(event["deprecatedLastTimestamp"]) ?? "";

/** Undefined when the API server refuses to say. */
const answerOf = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
};
