import { microTime } from "../../base/time/clock.ts";
import { cutUtf8 } from "../../base/text.ts";
import type { KubeObject, Resource } from "../object.ts";

/** Something that happened to an object, for people. */
export interface EventInput {
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  /** CamelCase, what people filter on; at most 128 characters. */
  readonly reason: string;
  /** What the operator did or tried; CamelCase, at most 128 characters. */
  readonly action: string;
  /** The real text; cut to 1024 bytes. */
  readonly note: string;
}

/** Who reports, in every Event. */
export interface Reporter {
  /** A qualified name, as `example.org/operator`. */
  readonly controller: string;
  /** Which of several: pod or host name. */
  readonly instance: string;
}

export const EVENTS: Resource = { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true };

/** Where the Event of an object lives: beside it; those of cluster-scoped objects in `default`, as everywhere. */
export const eventNamespace = (regarding: KubeObject): string => regarding.metadata.namespace ?? "default";

/** A DNS subdomain of at most 253 characters: the object's name and `suffix`. */
export const eventName = (regarding: KubeObject, suffix: string): string =>
  `${regarding.metadata.name.slice(0, 200).replace(/[.-]+$/, "")}.${suffix}`;

/** The API server's limits are bytes: 1024 for the note, 128 for the rest. */
export const eventBody = (
  { regarding, type, reason, action, note }: EventInput,
  { controller, instance }: Reporter,
  { namespace, name, atMs }: { readonly namespace: string; readonly name: string; readonly atMs: number },
): unknown => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { namespace, name },
  eventTime: microTime(atMs),
  reportingController: controller,
  reportingInstance: cutUtf8(instance, 128, ""),
  type,
  reason: cutUtf8(reason, 128, ""),
  action: cutUtf8(action, 128, ""),
  note: cutUtf8(note, 1_024, "… (see the object's conditions)"),
  regarding: {
    apiVersion: regarding.apiVersion,
    kind: regarding.kind,
    namespace: regarding.metadata.namespace,
    name: regarding.metadata.name,
    uid: regarding.metadata.uid,
    resourceVersion: regarding.metadata.resourceVersion,
  },
});
