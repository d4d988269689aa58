import { join } from "node:path";
import { aborted } from "../../base/time/abortable.ts";
import { messageOf } from "../../base/errors.ts";
import type { Clock } from "../../base/time/clock.ts";
import { isSatisfied, isStalled } from "../view/standing.ts";
import { appliedNames } from "./applied.ts";
import { openEmbedded } from "./embedded.ts";
import { complaints, EstateView } from "./estate-view.ts";
import { openGiven } from "./given.ts";
import type { StartOptions } from "./options.ts";
import { openServers, type ExampleServers } from "./servers.ts";
import { repository, startOperator, type OperatorProcess, type Session, type StartDeps } from "./session.ts";
import { isReached, readScript, resourceNamed, type Script, type Step } from "./steps.ts";

/** With `--once`: what is waited for must come within this time, after the objects were applied and after each step. */
const PATIENCE_MS = 300_000;

/** Times steps and says so. */
const stopwatch = ({ clock, display }: StartDeps) => {
  let last = clock.monotonic();
  return (what: string): void => {
    const now = clock.monotonic();
    display.print(`${((now - last) / 1000).toFixed(1).padStart(6)} s  ${what}`);
    last = now;
  };
};

/**
 * Boots or connects, brings the example up, and stays until the signal aborts (or, with `--once`, ends). Stops everything it started in any case.
 * Rejects with the reason when the example did not come up, or something that runs has ended by itself.
 */
export const start = async (options: StartOptions, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "examples", options.example);
  const script = await readScript(folder);
  const servers = script.servers && (await openServers(script.servers));
  try {
    await startWith({ ...options, ...script, folder, opened: servers }, deps, signal);
  } finally {
    deps.display.close();
    await servers?.close();
  }
};

interface Example extends Script, StartOptions {
  readonly folder: string;
  readonly opened: ExampleServers | undefined;
}

const startWith = async (example: Example, deps: StartDeps, signal: AbortSignal): Promise<void> => {
  const lap = stopwatch(deps);
  const { kubeconfig, opened } = example;
  const { display } = deps;
  if (kubeconfig === undefined) display.doing("starting Kubernetes on this machine");
  const session = kubeconfig === undefined ? await openEmbedded(example, deps, signal) : await openGiven({ ...example, kubeconfig }, deps, signal);
  let operator: OperatorProcess | undefined;
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  try {
    void session.ended.then((sentence) => over.abort(new Error(sentence)));
    lap(session.cluster);
    display.doing("applying the CustomResourceDefinitions");
    const [account] = await Promise.all([session.operatorKubeconfig(ended), installDefinitions(session, ended)]);
    lap("CustomResourceDefinitions");
    display.doing(`starting the operator and applying examples/${example.example}`);
    for (const line of (await opened?.serve(session, ended)) ?? []) lap(`serving ${line}`);
    operator = startOperator({ ...session, kubeconfig: account }, example.flags, deps);
    const { logFile } = operator;
    void operator.exited.then(() => over.abort(new Error(`the operator exited unexpectedly; see its log: ${logFile}`)));
    const satisfied = (): void => {
      lap(`operator started, examples/${example.example} applied: everything is satisfied`);
      if (!example.once) display.print(session.hints.now);
    };
    await bringUp(example, session, { ...deps, satisfied }, ended);
    ended.throwIfAborted();
  } catch (error) {
    if (!example.once || signal.aborted) throw error;
    throw new Error(`${messageOf(error)}\nlogs of the operator and of every component: ${join(session.directory, "logs")}`, { cause: error });
  } finally {
    display.close();
    await operator?.stop();
    await session.close();
    if (operator !== undefined && session.hints.afterwards !== "") display.print(session.hints.afterwards);
  }
};

const installDefinitions = async (session: Session, signal: AbortSignal): Promise<void> => {
  const folder = join(repository, "crds");
  await session.kubectl(["apply", "--server-side", "-f", folder], signal);
  await session.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "-f", folder], signal);
};

interface BringUpDeps extends StartDeps {
  /** Hears that everything is satisfied for the first time. */
  readonly satisfied: () => void;
}

/** Without `once` it ends with the signal. */
const bringUp = async ({ folder, steps, once, opened }: Example, session: Session, deps: BringUpDeps, signal: AbortSignal): Promise<void> => {
  const only = new Set<string>();
  const apply = async (path: string): Promise<void> => {
    for (const name of appliedNames(await session.kubectl(["apply", "-f", path, "-o", "json"], signal))) only.add(name);
  };
  await apply((await opened?.objects(folder)) ?? folder);
  const view = new EstateView({ http: session.http, clock: deps.clock, log: deps.log, only });
  const done = new AbortController();
  const watching = view.run(AbortSignal.any([signal, done.signal]));
  try {
    let isSeen = false;
    const show = (): void => {
      // Until the operator has looked at something, there is nothing to see but that it starts.
      isSeen ||= !deps.display.isLive || view.all().some(({ status }) => status !== undefined);
      if (isSeen) deps.display.show(view, session.hints.meanwhile);
    };
    const until = (what: Awaited, over: AbortSignal): Promise<void> => view.until(what.isSo, show, over);
    const satisfied: Awaited = { name: "everything is satisfied", isSo: () => view.isSettled() };
    const reach = (what: Awaited): Promise<void> => (once ? orFail(what, until, view, deps.clock, signal) : until(what, signal));
    await reach(satisfied);
    for (const step of steps) {
      deps.display.print(`step: ${step.description}`);
      await take(step, folder, session, { apply, signal });
      await reach({ name: step.description, isSo: (objects) => isReached(step, objects, session.namespace) });
    }
    await reach(satisfied);
    deps.satisfied();
    if (!once) await (deps.display.isLive ? view.until(() => false, show, signal) : aborted(signal));
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
  const failure = (): Error => new Error([...complaints(view.objects(), clock.now()), `given up waiting for: ${what.name}`].join("\n"));
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

interface TakeDeps {
  readonly apply: (path: string) => Promise<void>;
  readonly signal: AbortSignal;
}

const take = async ({ patch, apply }: Step, folder: string, session: Session, deps: TakeDeps): Promise<void> => {
  if (apply !== undefined) await deps.apply(join(folder, "steps", apply));
  if (patch === undefined) return;
  const { resource, namespace = session.namespace, name, body } = patch;
  await session.api.patch({ resource: resourceNamed(resource), namespace, name }, { type: "merge", body }, deps.signal);
};
