import type { Informer } from "./cache/informer.ts";
import type { Route } from "./http-server.ts";
import type { Exposition } from "./metrics.ts";
import type { KubeObject } from "./object.ts";
import type { Controller } from "./reconcile/controller.ts";

/** Undefined when all is well, otherwise one sentence why not. */
export type Check = () => string | undefined;

/** Which watches do not deliver, and why: the stores behind them may be empty, or stale. */
export const watchTrouble = (informers: readonly Pick<Informer<KubeObject>, "name" | "hasSynced" | "lastError">[]): string | undefined => {
  const ill = informers.filter(({ hasSynced, lastError }) => !hasSynced || lastError !== undefined);
  return ill.length === 0 ? undefined : ill.map(({ name, lastError }) => `watch of ${name}: ${lastError ?? "no first list yet"}`).join("; ");
};

/** Which controllers are stuck: passes are under way, and none has ended for `limitMs`. */
export const passTrouble = (controllers: readonly Pick<Controller, "name" | "silentMs">[], limitMs: number): string | undefined => {
  const stuck = controllers.filter((controller) => controller.silentMs() >= limitMs);
  const minutes = (controller: Pick<Controller, "silentMs">): string => String(Math.floor(controller.silentMs() / 60_000));
  return stuck.length === 0 ? undefined : stuck.map((one) => `${one.name}: no pass has ended for ${minutes(one)} min`).join("; ");
};

export interface Probes {
  /** Whether a restart would help. */
  readonly live: Check;
  readonly ready: Check;
}

/** `/healthz` and `/readyz`: 200 `ok`, or 503 and the reason. */
export const healthRoute = ({ live, ready }: Probes): Route => {
  const checks = new Map<string, Check>([
    ["/healthz", live],
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
