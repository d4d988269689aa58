import { createHash } from "node:crypto";
import { messageOf } from "../base/errors.ts";
import { isRecord } from "../base/json/json.ts";
import type { Logger } from "../base/log.ts";
import { oneLine } from "../base/text.ts";
import type { Clock } from "../base/time/clock.ts";
import { OldestOut } from "../base/work/oldest-out.ts";
import { Semaphore } from "../base/work/semaphore.ts";
import type { ApiClient } from "./api.ts";
import type { Answer, Guard } from "./http-server.ts";
import { apiVersionOf, type Resource } from "./object.ts";

export const TOKEN_REVIEWS: Resource = {
  group: "authentication.k8s.io",
  version: "v1",
  plural: "tokenreviews",
  kind: "TokenReview",
  namespaced: false,
};
export const ACCESS_REVIEWS: Resource = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};

export interface AccessDeps {
  readonly api: Pick<ApiClient, "create">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends what is being asked. */
  readonly signal: AbortSignal;
}

const REMEMBERED = 1_000;
const REMEMBERED_MS = 60_000;
/** Reviews at once: strangers must not keep the API server busy through this process. */
const AT_ONCE = 2;

const UNKNOWN: Answer = { status: 401, body: "give a bearer token that the API server knows" };

/** Lets in who may `get` the path as a non-resource URL: the API server is asked who a token is, and what that one may. */
export const accessGuard = ({ api, clock, log, signal }: AccessDeps): Guard => {
  const known = new OldestOut<string, { readonly answer: Answer | undefined; readonly untilMs: number }>(REMEMBERED);
  const semaphore = new Semaphore(AT_ONCE);
  const review = async (token: string, path: string, verb: string): Promise<Answer | undefined> => {
    const user = await userOf(token, api, signal);
    if (user === undefined) return UNKNOWN;
    return (await mayAsk(user, { path, verb }, api, signal)) ? undefined : { status: 403, body: `${nameOf(user)} may not ${verb} ${path}` };
  };
  return async ({ authorization, path, verb }) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return UNKNOWN;
    const key = createHash("sha256").update(`${verb} ${path} ${token}`).digest("hex");
    const before = known.get(key);
    if (before !== undefined && clock.monotonic() < before.untilMs) return before.answer;
    try {
      const answer = await semaphore.run(() => review(token, path, verb), signal);
      known.set(key, { answer, untilMs: clock.monotonic() + REMEMBERED_MS });
      return answer;
    } catch (error) {
      log.error("cannot tell who asks for metrics: grant create of tokenreviews and subjectaccessreviews", { error: oneLine(messageOf(error)) });
      return { status: 503, body: "cannot tell who asks" };
    }
  };
};

type User = Readonly<Record<string, unknown>>;

const nameOf = ({ username }: User): string => (typeof username === "string" ? username : "who asks");

const userOf = async (token: string, api: AccessDeps["api"], signal: AbortSignal): Promise<User | undefined> => {
  const { status } = await api.create({ resource: TOKEN_REVIEWS }, bodyOf(TOKEN_REVIEWS, { token }), signal);
  return isRecord(status) && status["authenticated"] === true && isRecord(status["user"]) ? status["user"] : undefined;
};

const mayAsk = async (user: User, nonResourceAttributes: object, api: AccessDeps["api"], signal: AbortSignal): Promise<boolean> => {
  const { username, ...rest } = user;
  const spec = { ...rest, user: username, nonResourceAttributes };
  const { status } = await api.create({ resource: ACCESS_REVIEWS }, bodyOf(ACCESS_REVIEWS, spec), signal);
  return isRecord(status) && status["allowed"] === true;
};

const bodyOf = (resource: Resource, spec: object): object => ({ apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: {}, spec });
