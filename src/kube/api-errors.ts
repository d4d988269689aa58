import { messageOf } from "../base/errors.ts";
import { ApiError } from "../runtime/api.ts";
import { arrayMember, member, numberMember, stringMember } from "./unknown.ts";

/** Where no `metav1.Status` says it: the reasons Kubernetes gives to these HTTP statuses. */
const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** From a `metav1.Status`, of an answer or of an ERROR event of a watch. `fallbackStatus` counts when it has no code. */
export const apiErrorFromStatus = (body: unknown, fallbackStatus: number, retryAfter?: string): ApiError => {
  const status = numberMember(body, "code") ?? fallbackStatus;
  const seconds = Number(retryAfter ?? numberMember(member(body, "details"), "retryAfterSeconds"));
  return new ApiError(stringMember(body, "message") ?? `the API server answered with HTTP status ${status}`, {
    status,
    reason: refinedReason(body) ?? stringMember(body, "reason") ?? REASONS[status] ?? "Unknown",
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
  });
};

/** What `Forbidden` leaves open, and the difference it makes is whether waiting helps. */
const refinedReason = (body: unknown): string | undefined => {
  if (stringMember(body, "reason") !== "Forbidden") return undefined;
  const causes = arrayMember(member(body, "details"), "causes").map((cause) => stringMember(cause, "reason"));
  if (causes.includes("NamespaceTerminating")) return "NamespaceTerminating";
  return stringMember(body, "message")?.includes(" is forbidden: exceeded quota: ") === true ? "QuotaExceeded" : undefined;
};

/** From an answer outside 2xx; its body is a `metav1.Status`, or what a proxy or the server's outer layers wrote. */
export const apiErrorFromAnswer = (status: number, text: string, retryAfter: string | undefined): ApiError => {
  try {
    const body: unknown = JSON.parse(text);
    if (stringMember(body, "kind") === "Status") return apiErrorFromStatus(body, status, retryAfter);
  } catch {
    // Not JSON: the text itself is the message.
  }
  const said = text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
  return apiErrorFromStatus({ message: `the API server answered with HTTP status ${status}${said === "" ? "" : `: ${said}`}` }, status, retryAfter);
};

/** From a connection that could not be made, broke or took too long. */
export const unreachable = (server: string, cause: unknown): ApiError => {
  const evidence = messageOf(cause) || stringMember(cause, "code") || "connection failed";
  return new ApiError(`cannot reach the API server at ${server}: ${evidence}`, { status: 0, reason: "Unreachable", cause });
};

/** What came is not JSON, or not what Kubernetes sends: a proxy's page, or a broken line. */
export const malformed = (cause: unknown): ApiError =>
  new ApiError("unexpected response from the API server; check whether a proxy changes it", { status: 0, reason: "Unreachable", cause });
