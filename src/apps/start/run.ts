import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { liveTable, type LiveTable, type Screen } from "../../local/live-table.ts";
import { createAccount } from "./account.ts";
import { COLUMNS, complaints, EstateView, isSatisfied, isStalled, rowOf } from "./estate-view.ts";
import type { StartOptions } from "./options.ts";
import { openSession, repository, startOperator, type OperatorProcess, type Session } from "./session.ts";
import { isReached, readSteps, resourceNamed, type Step } from "./steps.ts";

/** With `--once`: everything must be satisfied within this time after the objects were applied. */
const PATIENCE_MS = 300_000;

export interface StartDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly screen: Screen;
}

/** Times steps and says so. */
const stopwatch = ({ clock, screen }: StartDeps) => {
  let last = clock.monotonic();
  return (what: string): void => {
    const now = clock.monotonic();
    screen.write(`${((now - last) / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
    last = now;
  };
};

/**
 * Boots, brings the example up, and stays until the signal aborts (or, with `--once`, ends). Stops everything it started in any case.
 * Rejects with the reason when the example did not come up, or something that runs has ended by itself.
 */
export const start = async (options: StartOptions, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const lap = stopwatch(deps);
  const session = await openSession(deps, signal);
  let operator: OperatorProcess | undefined;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    void session.controlPlane.exited.then(({ component, logFile }) => over.abort(new Error(`${component} has ended by itself; its log: ${logFile}`)));
    lap("control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, 3 nodes");
    await Promise.all([installDefinitions(session, ended), installAccount(session, ended)]);
    lap("CustomResourceDefinitions, and the operator's account with the rights of deploy/");
    operator = startOperator(session, deps);
    const { logFile } = operator;
    void operator.exited.then(() => over.abort(new Error(`the operator has ended by itself; its log: ${logFile}`)));
    await bringUp(options, session, deps, ended);
    lap(`operator started, examples/${options.example} applied: everything is satisfied`);
    if (!options.once) deps.screen.write(lookAround(session));
    if (!options.once) await untilAborted(ended);
  } finally {
    await operator?.stop();
    await session.http.close();
    await session.controlPlane.stop();
    await rm(session.operatorKubeconfig, { force: true });
  }
};

const installDefinitions = async (session: Session, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "crds");
  await session.kubectl(["apply", "--server-side", "-f", folder], signal);
  await session.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", folder], signal);
};

const installAccount = (session: Session, signal: AbortSignal): Promise<void> =>
  createAccount(session.operatorKubeconfig, {
    controlPlane: session.controlPlane,
    kubectl: (args) => session.kubectl(args, signal),
  });

const bringUp = async ({ example, once }: StartOptions, session: Session, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "examples", example);
  const steps = await readSteps(folder);
  const view = new EstateView({ http: session.http, clock: deps.clock, log: deps.log });
  const done = new AbortController();
  const watching = view.run(AbortSignal.any([signal, done.signal]));
  try {
    await session.kubectl(["apply", "-f", folder], signal);
    const table = liveTable({ columns: COLUMNS, screen: deps.screen, clock: deps.clock });
    const settle = once ? settleOrFail : settled;
    await settle(view, table, deps.clock, signal);
    for (const step of steps) await take(step, session, view, table, signal);
    await settle(view, table, deps.clock, signal);
  } finally {
    done.abort();
    await watching;
  }
};

const settled = (view: EstateView, table: LiveTable, _clock: Clock, signal: AbortSignal): Promise<void> =>
  view.until(
    (objects) => objects.length > 0 && objects.every(isSatisfied),
    () => table.update(view.objects().map(rowOf)),
    signal,
  );

/** The same, but gives up with the reason when an object says that nothing but a change helps, or when it takes too long. */
const settleOrFail = async (view: EstateView, table: LiveTable, clock: Clock, signal: AbortSignal): Promise<void> => {
  const limit = new AbortController();
  const either = AbortSignal.any([signal, limit.signal]);
  const failure = (): Error => new Error(complaints(view.objects()).join("\n"));
  const timer = clock.sleep(PATIENCE_MS, either).then(
    () => limit.abort(failure()),
    () => undefined,
  );
  try {
    const stop = (): void => {
      if (view.objects().some((node) => isStalled(node) && !isSatisfied(node))) limit.abort(failure());
    };
    await view.until(
      (objects) => objects.length > 0 && objects.every(isSatisfied),
      () => {
        table.update(view.objects().map(rowOf));
        stop();
      },
      either,
    );
  } finally {
    limit.abort();
    await timer;
  }
};

const take = async (step: Step, session: Session, view: EstateView, table: LiveTable, signal: AbortSignal): Promise<void> => {
  table.print(`step: ${step.description}`);
  const { resource, name, body } = step.patch;
  const ref = { resource: resourceNamed(resource), namespace: "default", name };
  await session.api.patch(ref, { type: "merge", body }, signal);
  await view.until(
    (objects) => isReached(step, objects),
    () => table.update(view.objects().map(rowOf)),
    signal,
  );
};

const lookAround = ({ controlPlane, tools, directory }: Session): string => `
  export KUBECONFIG=${controlPlane.kubeconfigPath}
  export PATH=${dirname(tools.kubectl)}:$PATH
  kubectl get act,acg,amf

  Logs of the operator and of every component: ${join(directory, "logs")}
  Ctrl-C stops everything.
`;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
