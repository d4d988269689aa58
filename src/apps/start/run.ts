import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { liveTable, type LiveTable } from "../../local/live-table.ts";
import { appliedNames } from "./applied.ts";
import { openEmbedded } from "./embedded.ts";
import { COLUMNS, complaints, EstateView, isSatisfied, isStalled, rowOf } from "./estate-view.ts";
import { openGiven } from "./given.ts";
import type { StartOptions } from "./options.ts";
import { repository, startOperator, type OperatorProcess, type Session, type StartDeps } from "./session.ts";
import { isReached, readSteps, resourceNamed, type Step } from "./steps.ts";

/** With `--once`: everything must be satisfied within this time after the objects were applied. */
const PATIENCE_MS = 300_000;

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
 * Boots or connects, brings the example up, and stays until the signal aborts (or, with `--once`, ends). Stops everything it started in any case.
 * Rejects with the reason when the example did not come up, or something that runs has ended by itself.
 */
export const start = async (options: StartOptions, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const lap = stopwatch(deps);
  const { kubeconfig } = options;
  const session = kubeconfig === undefined ? await openEmbedded(deps, signal) : await openGiven({ ...options, kubeconfig }, deps, signal);
  const hints = session.hints(options.example);
  let operator: OperatorProcess | undefined;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    void session.ended.then((sentence) => over.abort(new Error(sentence)));
    lap(session.cluster);
    const [account] = await Promise.all([session.operatorKubeconfig(ended), installDefinitions(session, ended)]);
    lap("CustomResourceDefinitions");
    operator = startOperator({ ...session, kubeconfig: account }, deps);
    const { logFile } = operator;
    void operator.exited.then(() => over.abort(new Error(`the operator has ended by itself; its log: ${logFile}`)));
    await bringUp(options, session, deps, ended);
    lap(`operator started, examples/${options.example} applied: everything is satisfied`);
    if (!options.once) deps.screen.write(hints.now);
    if (!options.once) await untilAborted(ended);
  } finally {
    await operator?.stop();
    await session.close();
    if (operator !== undefined) deps.screen.write(hints.afterwards);
  }
};

const installDefinitions = async (session: Session, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "crds");
  await session.kubectl(["apply", "--server-side", "-f", folder], signal);
  await session.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", folder], signal);
};

const bringUp = async ({ example, once }: StartOptions, session: Session, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "examples", example);
  const steps = await readSteps(folder);
  const only = appliedNames(await session.kubectl(["apply", "-f", folder, "-o", "json"], signal));
  const view = new EstateView({ http: session.http, clock: deps.clock, log: deps.log, only });
  const done = new AbortController();
  const watching = view.run(AbortSignal.any([signal, done.signal]));
  try {
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
    () => view.isSettled(),
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
      () => view.isSettled(),
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
  const ref = { resource: resourceNamed(resource), namespace: session.namespace, name };
  await session.api.patch(ref, { type: "merge", body }, signal);
  await view.until(
    (objects) => isReached(step, objects),
    () => table.update(view.objects().map(rowOf)),
    signal,
  );
};

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
