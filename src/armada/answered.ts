import { ApiError, isApiError } from "../runtime/api.ts";

/**
 * Asks what a removal depends on. A refusal and silence are no answers: they reject, and nothing is removed before there is one. `question`
 * follows on "cannot tell", `remedy` says what grants the right to ask.
 */
export const answered = async <T>(question: string, asking: Promise<T>, remedy?: string): Promise<T> => {
  try {
    return await asking;
  } catch (error) {
    if (!isApiError(error)) throw error;
    const { status, reason, retryAfterMs } = error;
    const grant = remedy === undefined || status !== 403 ? "" : `; ${remedy}`;
    const message = `cannot tell ${question}, so nothing is removed until it can: ${error.message}${grant}`;
    throw new ApiError(message, { status, reason, retryAfterMs, cause: error });
  }
};
