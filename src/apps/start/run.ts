import { dirname, join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { liveTable, type Screen } from "../../local/live-table.ts";
import { COLUMNS, complaints, EstateView, isSatisfied, isStalled, rowOf } from "./estate-view.ts";
import type { StartOptions } from "./options.ts";
import { openSession, repository, startOperator, type OperatorProcess, type Session } from "./session.ts";
import { isReached, readScript, resourceNamed, type Script, type Step } from "./steps.ts";

/** With `--once`: what is waited for must come within this time, after the objects were applied and after each step. */
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
  const folder = join(repository, "examples", options.example);
  const script = await readScript(folder);
  const session = await openSession(deps, signal);
  let operator: OperatorProcess | undefined;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    void session.controlPlane.exited.then(({ component, logFile }) => over.abort(new Error(`${component} has ended by itself; its log: ${logFile}`)));
    lap("control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok, 3 nodes");
    await installDefinitions(session, ended);
    lap("CustomResourceDefinitions");
    operator = startOperator(session, script.flags, deps);
    const { logFile } = operator;
    void operator.exited.then(() => over.abort(new Error(`the operator has ended by itself; its log: ${logFile}`)));
    await bringUp({ folder, ...script, once: options.once }, session, deps, ended);
    lap(`operator started, examples/${options.example} applied: everything is satisfied`);
    if (!options.once) deps.screen.write(lookAround(session));
    if (!options.once) await untilAborted(ended);
  } finally {
    await operator?.stop();
    await session.http.close();
    await session.controlPlane.stop();
  }
};

const installDefinitions = async (session: Session, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "crds");
  await session.kubectl(["apply", "--server-side", "-f", folder], signal);
  await session.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", folder], signal);
};

interface Example extends Script {
  readonly folder: string;
  readonly once: boolean;
}

const bringUp = async ({ folder, steps, once }: Example, session: Session, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const view = new EstateView({ http: session.http, clock: deps.clock, log: deps.log });
  const done = new AbortController();
  const watching = view.run(AbortSignal.any([signal, done.signal]));
  try {
    await session.kubectl(["apply", "-f", folder], signal);
    const table = liveTable({ columns: COLUMNS, screen: deps.screen, clock: deps.clock });
    const show = (): void => table.update(view.objects().map(rowOf));
    const until = (what: Awaited, over: AbortSignal): Promise<void> => view.until(what.isSo, show, over);
    const reach = (what: Awaited): Promise<void> => (once ? orFail(what, until, view, deps.clock, signal) : until(what, signal));
    await reach(SATISFIED);
    for (const step of steps) {
      table.print(`step: ${step.description}`);
      await take(step, folder, session, signal);
      await reach({ name: step.description, isSo: (objects) => isReached(step, objects) });
    }
    await reach(SATISFIED);
  } finally {
    done.abort();
    await watching;
  }
};

/** What is waited for. */
interface Awaited {
  readonly name: string;
  readonly isSo: (objects: ReturnType<EstateView["objects"]>) => boolean;
}

const SATISFIED: Awaited = { name: "everything is satisfied", isSo: (objects) => objects.length > 0 && objects.every(isSatisfied) };

/** Gives up with the reason when an object says that nothing but a change helps, or when it takes too long. */
const orFail = async (
  what: Awaited,
  until: (what: Awaited, signal: AbortSignal) => Promise<void>,
  view: EstateView,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  const limit = new AbortController();
  const either = AbortSignal.any([signal, limit.signal]);
  const failure = (): Error => new Error([...complaints(view.objects()), `given up waiting for: ${what.name}`].join("\n"));
  const timer = clock.sleep(PATIENCE_MS, either).then(
    () => limit.abort(failure()),
    () => undefined,
  );
  const isSo: Awaited["isSo"] = (objects) => {
    if (objects.some((node) => isStalled(node) && !isSatisfied(node))) limit.abort(failure());
    return what.isSo(objects);
  };
  try {
    await until({ ...what, isSo }, either);
  } finally {
    limit.abort();
    await timer;
  }
};

const take = async ({ patch, apply }: Step, folder: string, session: Session, signal: AbortSignal): Promise<void> => {
  if (apply !== undefined) await session.kubectl(["apply", "-f", join(folder, "steps", apply)], signal);
  if (patch === undefined) return;
  const { resource, namespace, name, body } = patch;
  await session.api.patch({ resource: resourceNamed(resource), namespace, name }, { type: "merge", body }, signal);
};

const lookAround = ({ controlPlane, tools, directory }: Session): string => `
  export KUBECONFIG=${controlPlane.kubeconfigPath}
  export PATH=${dirname(tools.kubectl)}:$PATH
  kubectl get act,acg,amf -A

  Logs of the operator and of every component: ${join(directory, "logs")}
  Ctrl-C stops everything.
`;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
