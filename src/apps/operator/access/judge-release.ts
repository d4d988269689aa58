import { fieldsOf, textOf, type Fields } from "../../../armada/readiness/fields.ts";
import { bodiesInTurns } from "../../../armada/readiness/manifest.ts";
import { messageOf } from "../../../base/errors.ts";
import type { HelmClient } from "../../../helm/access.ts";
import type { NamedObject } from "../../../helm/driver.ts";
import { documentsIn, writtenRelease } from "../../../helm/record/written-release.ts";
import type { ProxiedRequest } from "../../../kube/api-proxy.ts";
import type { ApiClient } from "../../../runtime/api.ts";

/**
 * One sentence why a Secret is not written that holds a release: for the first of its objects, hooks among them, that is out of bounds. What
 * cannot be read is not written.
 */
export const judgeRelease = async (
  client: HelmClient,
  { body, contentType }: Pick<ProxiedRequest, "body" | "contentType">,
  deps: { readonly api: Pick<ApiClient, "resolve"> },
  signal: AbortSignal,
): Promise<string | undefined> => {
  try {
    const written = await writtenRelease(body, contentType);
    if (written === undefined) return undefined;
    for (const manifest of documentsIn(written.release)) {
      for await (const bodies of bodiesInTurns(manifest)) {
        for (const object of bodies) {
          const refusal = client.refuse(await named(object, client, deps, signal), "write", object);
          if (refusal !== undefined) return refusal;
        }
      }
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `the release is not deployed, because where its objects are cannot be told: ${messageOf(error)}`;
  }
};

/** Where helm will make it. A kind that is not served, helm makes nowhere. */
const named = async (
  body: Fields,
  { release }: HelmClient,
  { api }: { readonly api: Pick<ApiClient, "resolve"> },
  signal: AbortSignal,
): Promise<NamedObject> => {
  const metadata = fieldsOf(body["metadata"]);
  const kind = textOf(body["kind"]) ?? "";
  const name = textOf(metadata["name"]) ?? textOf(metadata["generateName"]) ?? "";
  const resource = await api.resolve(textOf(body["apiVersion"]) ?? "", kind, signal);
  return resource?.namespaced === false ? { kind, name } : { kind, name, namespace: textOf(metadata["namespace"]) ?? release.namespace };
};
