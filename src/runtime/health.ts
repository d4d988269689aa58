import type { Informer } from "./cache/informer.ts";
import type { Route } from "./http-server.ts";
import type { Exposition } from "./metrics.ts";
import type { KubeObject } from "./object.ts";

/** Undefined when all is well, otherwise one sentence why not. */
export type Check = () => string | undefined;

/** Which watches do not deliver, and why: the stores behind them may be empty, or stale. */
export const watchTrouble = (informers: readonly Pick<Informer<KubeObject>, "name" | "hasSynced" | "lastError">[]): string | undefined => {
  const ill = informers.filter(({ hasSynced, lastError }) => !hasSynced || lastError !== undefined);
  return ill.length === 0 ? undefined : ill.map(({ name, lastError }) => `watch of ${name}: ${lastError ?? "no first list yet"}`).join("; ");
};

/**
 * `/healthz`: 200 `ok`, because the process answers; nothing else is known that a restart would cure. `/readyz`: 200 `ok`, or 503 and the
 * reason.
 */
export const healthRoute = (ready: Check): Route => {
  const checks = new Map<string, Check>([
    ["/healthz", () => undefined],
    ["/readyz", ready],
  ]);
  return (path) => {
    const check = checks.get(path);
    if (check === undefined) return undefined;
    const reason = check();
    return { status: reason === undefined ? 200 : 503, body: reason ?? "ok" };
  };
};

/** `/metrics` in the text form of Prometheus. */
export const metricsRoute =
  (metrics: Exposition): Route =>
  async (path) =>
    path === "/metrics" ? { status: 200, body: await metrics.expose(), contentType: metrics.contentType } : undefined;
