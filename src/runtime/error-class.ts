import type { ErrorClass } from "../base/errors.ts";
import { isApiError, type ApiError } from "./api.ts";

/**
 * What an answer of the API server says to whoever asked: `trouble`: the same request may be answered otherwise in a moment; `outdated`: look
 * again first, the world is another one; `refusal`: the same request will be refused again.
 */
type Answer = "trouble" | "outdated" | "refusal";

const TROUBLE = [0, 408, 429];
const OUTDATED = [404, 409, 410];
/** Refusals that end although nobody changes what is wanted: credentials are renewed, others make room in a quota. */
const PASSING_REASONS = ["Unauthorized", "QuotaExceeded"];

export const answerOf = ({ status }: ApiError): Answer => {
  if (TROUBLE.includes(status) || status >= 500) return "trouble";
  return OUTDATED.includes(status) ? "outdated" : "refusal";
};

/** The same request may be answered otherwise in a moment. */
export const isTrouble = (error: unknown): boolean => isApiError(error) && answerOf(error) === "trouble";

const apiClassOf = (error: ApiError): ErrorClass => {
  if (error.reason === "NamespaceTerminating") return "waiting";
  return answerOf(error) === "refusal" && !PASSING_REASONS.includes(error.reason) ? "terminal" : "transient";
};

/** An error that knows what may be done about it: HelmError, SourceError. */
interface Classified {
  readonly class: ErrorClass;
}

const isClassified = (error: unknown): error is Error & Classified =>
  error instanceof Error && "class" in error && (error.class === "waiting" || error.class === "transient" || error.class === "terminal");

/**
 * What may be done about anything thrown. `unrecognised` is for what nobody knows: an effect met the world, which changes (`transient`); a look
 * met what somebody wrote, which stays (`terminal`).
 */
export const classOf = (error: unknown, unrecognised: ErrorClass): ErrorClass => {
  if (isApiError(error)) return apiClassOf(error);
  return isClassified(error) ? error.class : unrecognised;
};
