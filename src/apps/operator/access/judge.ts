import { EVERYWHERE } from "../../../armada/chart/bounds.ts";
import { isRecord } from "../../../base/json/json.ts";
import type { HelmClient } from "../../../helm/access.ts";
import type { NamedObject } from "../../../helm/driver.ts";
import type { ProxiedRequest } from "../../../kube/api-proxy.ts";
import { parseRequestPath, type Asked } from "../../../kube/request-path.ts";
import type { ApiClient, ResourceCatalog } from "../../../runtime/api.ts";
import type { Resource } from "../../../runtime/object.ts";
import { judgeRelease } from "./judge-release.ts";

export interface JudgeDeps {
  readonly api: Pick<ApiClient, "resolve"> & Pick<ResourceCatalog, "resources">;
}

/**
 * One sentence why a request of helm is not sent on; undefined when that is for the API server to say. The record of a release is the first that
 * helm writes of it, definitions of `crds/` aside: what is in there and out of bounds is refused before anything is made.
 */
export const judge = async (client: HelmClient, request: ProxiedRequest, deps: JudgeDeps, signal: AbortSignal): Promise<string | undefined> => {
  const asked = parseRequestPath(request.path);
  const act = request.method === "GET" ? "read" : "write";
  if (asked === "none" && act === "read") return undefined;
  if (asked === "none" || asked === undefined) return `helm may not ${act} ${JSON.stringify(request.path)}: it is no object of a chart`;
  if (isOwnNamespace(asked, request, client)) return undefined;
  if (act === "read" && asked.namespace === undefined && asked.name === undefined) return judgeEverywhere(client, asked, deps, signal);
  const object = { ...placeOf(asked), name: asked.name ?? (isNamespaces(asked) ? nameIn(request) : "") };
  if (client.refuse(object, act) === undefined) return isOfRecord(asked, request, client) ? judgeRelease(client, request, deps, signal) : undefined;
  const { kind } = (await resourceOf(asked, deps, signal)) ?? object;
  return client.refuse({ ...object, kind, name: asked.name ?? nameIn(request) }, act);
};

/** A collection over all namespaces looks like one without namespaces. */
const judgeEverywhere = async ({ refuse }: HelmClient, asked: Asked, deps: JudgeDeps, signal: AbortSignal): Promise<string | undefined> => {
  const everywhere = { kind: asked.plural, name: "", namespace: EVERYWHERE };
  if (refuse(everywhere, "read") === undefined) return undefined;
  const resource = await resourceOf(asked, deps, signal);
  return resource?.namespaced === false ? undefined : refuse({ ...everywhere, kind: resource?.kind ?? asked.plural }, "read");
};

const isNamespaces = ({ group, plural }: Asked): boolean => group === "" && plural === "namespaces";

const placeOf = (asked: Asked): Pick<NamedObject, "kind" | "namespace"> => ({
  kind: isNamespaces(asked) ? "Namespace" : asked.plural,
  ...(asked.namespace === undefined ? {} : { namespace: asked.namespace }),
});

/** `helm install --create-namespace`. */
const isOwnNamespace = (asked: Asked, request: ProxiedRequest, { createsNamespace, release }: HelmClient): boolean =>
  createsNamespace && isNamespaces(asked) && request.method === "POST" && nameIn(request) === release.namespace;

const isOfRecord = ({ group, plural, namespace }: Asked, { method }: ProxiedRequest, { release }: HelmClient): boolean =>
  method === "POST" && group === "" && plural === "secrets" && namespace === release.namespace;

const resourceOf = async ({ group, plural }: Asked, { api }: JudgeDeps, signal: AbortSignal): Promise<Resource | undefined> =>
  (await api.resources(signal)).find((resource) => resource.group === group && resource.plural === plural);

/** Of an object that is made the name is in the body alone. */
const nameIn = ({ body }: ProxiedRequest): string => {
  try {
    const object: unknown = JSON.parse(body.toString("utf8"));
    const metadata = isRecord(object) ? object["metadata"] : undefined;
    const name = isRecord(metadata) ? (metadata["name"] ?? metadata["generateName"]) : undefined;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
};
