import { cutUtf8, oneLine } from "../../../base/text.ts";
import type { Values } from "../../../helm/driver.ts";
import { ApiError } from "../../../runtime/api.ts";
import { textsOf, type Fields } from "../../readiness/fields.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";

/** Takes values out of a text, except for those in `keep`. */
export type Redaction = (text: string, values: Values, keep: readonly string[]) => Promise<(text: string) => string>;

/** What was refused, and what an answer of the API server may quote. */
export interface Refused {
  readonly object: ReleaseObject;
  /** As it was sent. */
  readonly body: Fields;
  readonly namespace: string | undefined;
  /** Of the chart. */
  readonly values: Values;
}

const MOST_BYTES = 1_000;
/** Of an admission webhook or policy, whatever its status is. */
const DENIED = /\bdenied (?:the )?request: /;
/** Of a namespace that does not exist, and not of the kind. */
const NO_NAMESPACE = /^namespaces "[^"]{1,253}" not found/;

/**
 * What is said of an object that could not be put back. A 404 is about its namespace or its kind, and no conflict. That the namespace is being
 * deleted is one: the next look sees it, and waits. The sentences of policies, quotas and RBAC go on without values; other answers may quote the
 * object in ways of which nobody can take values out, so only their kind does.
 */
export const refusal = async (error: ApiError, refused: Refused, redact: Redaction): Promise<Error> => {
  const { status, reason, retryAfterMs } = error;
  const { kind, name, apiVersion } = refused.object;
  if (reason === "NamespaceTerminating")
    return new ApiError(`${kind} ${name} cannot be recreated: its namespace is being deleted`, { status: 409, reason: "Conflict" });
  if (status === 404 && NO_NAMESPACE.test(error.message))
    return new Error(`${kind} ${name} cannot be put back: namespace ${refused.namespace ?? ""} does not exist; create it`);
  if (status === 404)
    return new Error(
      `${kind} ${name} cannot be put back: the API server no longer serves ${apiVersion} ${kind}: install its CustomResourceDefinition again, or take the object out of the chart`,
    );
  const said = status === 403 || DENIED.test(error.message) ? await withoutValues(error.message, refused, redact) : `${reason} (${String(status)})`;
  return new ApiError(`the API server rejects ${kind} ${name}, which is being put back: ${said}`, { status, reason, retryAfterMs });
};

const withoutValues = async (message: string, { object, body, namespace, values }: Refused, redact: Redaction): Promise<string> => {
  const keep = [object.name, object.kind, namespace ?? ""];
  const named = (await redact(message, values, keep))(message);
  const quotable = contentOf(body);
  return cutUtf8(oneLine((await redact(named, quotable, keep))(named)), MOST_BYTES, "… (cut)");
};

/** What may be secret in an object; the API server does not say of a Secret what it says in base64. */
const contentOf = ({ apiVersion: _version, kind, metadata: _marks, ...content }: Fields): Fields =>
  kind === "Secret" ? { ...content, data: decoded(textsOf(content["data"])) } : content;

const decoded = (data: Readonly<Record<string, string>>): Fields =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
