import type { DynamicObject, ObjectMeta } from "../../../runtime/object.ts";
import type { ReleaseObject } from "../manifest.ts";

/** A live object of generation 2, called `x`. */
export const liveObject = (apiVersion: string, kind: string, rest: object = {}, metadata: Partial<ObjectMeta> = {}): DynamicObject => ({
  apiVersion,
  kind,
  metadata: { name: "x", namespace: "n", uid: "u", resourceVersion: "1", generation: 2, ...metadata },
  ...rest,
});

/** What the manifest says of it. */
export const desiredObject = (apiVersion: string, kind: string, rest: Partial<ReleaseObject> = {}): ReleaseObject => ({
  apiVersion,
  kind,
  name: "x",
  annotations: {},
  ...rest,
});

/** `Ready=False/Reason: message` as a condition. */
export const condition = (text: string): object => {
  const [, type, status, reason, message] = /^(\w+)=(\w+)(?:\/(\w+))?(?:: (.*))?$/.exec(text) ?? [];
  return { type, status, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
};
