import { fieldsOf, textOf } from "../../src/armada/readiness/fields.ts";
import type { HttpRequest } from "../../src/kube/http.ts";

const UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;
/** Names of these are made of chance. */
const BY_CHANCE = /^(pods|events|replicasets)\/[^/]+/u;

/** What a request is for, the same from run to run: `PATCH armadacharts/blog metadata.finalizers`. */
export const requestName = ({ method, path, body }: HttpRequest): string => {
  const resource = path
    .replace(/^\/(?:api\/[^/]+|apis\/[^/]+\/[^/]+|apis?$)\/?/u, "")
    .replace(/^namespaces\/[^/]+\//u, "")
    .replace(/^namespaces\/[^/]+$/u, "namespace")
    .replace(BY_CHANCE, "$1/…");
  const fields = method === "PATCH" ? ` ${fieldsIn(body).join(",")}` : "";
  return `${method} ${resource === "" ? path : resource}${fields}`.replaceAll(UID, "UID");
};

/** The fields that a patch writes. */
const fieldsIn = (body: unknown): readonly string[] => {
  if (Array.isArray(body)) return body.map((operation) => fieldsOf(operation)).flatMap(({ op, path }) => (op === "test" ? [] : [String(path)]));
  const { metadata, apiVersion: _version, kind: _kind, ...rest } = fieldsOf(body);
  const written = Object.keys(fieldsOf(metadata)).filter((key) => !["name", "namespace", "uid", "resourceVersion"].includes(key));
  return [...written.map((key) => `metadata.${key}`), ...Object.keys(rest)];
};

/** What a line of a watch tells; undefined of a bookmark. `heard Secret sh.helm.release.v1.blog.v1 pending-install`. */
export const heardName = (resource: string, line: string): string | undefined => {
  const { type, object } = fieldsOf(JSON.parse(line));
  if (type === "BOOKMARK") return undefined;
  const { metadata, status } = fieldsOf(object);
  const { name, labels } = fieldsOf(metadata);
  const state = textOf(fieldsOf(labels)["status"]) ?? textOf(fieldsOf(status)["reason"]) ?? "";
  return `heard ${`${resource}/${String(name)}`.replace(BY_CHANCE, "$1/…")} ${String(type)} ${state}`.replaceAll(UID, "UID").trimEnd();
};
