import { FairPlaces } from "../base/work/fair-places.ts";
import type { Clock } from "../base/time/clock.ts";
import type { ServiceAccount } from "../runtime/account.ts";
import type { ChildLimits } from "../base/process/launch.ts";
import type { ChildResult, run as runProcess } from "../base/process/process.ts";
import type { Environment } from "../base/process/environment.ts";
import { installCommand, uninstallCommand, upgradeCommand } from "./argv.ts";
import type { HelmCommand } from "./argv.ts";
import type { HelmAccess, OpenHelmAccess } from "./access.ts";
import type { ChildNotes } from "./process/children.ts";
import { HelmError } from "./driver.ts";
import type {
  HelmDriver,
  HelmReason,
  HelmResult,
  HelmRunOptions,
  InstallRequest,
  ReleaseRef,
  UninstallRequest,
  UpgradeRequest,
  Values,
} from "./driver.ts";
import { namingNestedLists } from "./output/nested-lists.ts";
import { parseConflict } from "./output/conflict.ts";
import { failureOf, resultOf, wordsOf } from "./output/outcome.ts";
import { redactionFor } from "./output/redact.ts";
import { withHookedObjects } from "./output/unknown-hooks.ts";
import type { HelmGuard } from "./process/watchdog.ts";

/** What is told about each helm process that was started or should have been. */
export interface HelmRun {
  readonly verb: HelmCommand["verb"];
  readonly result: "ok" | HelmReason;
  readonly durationMs: number;
}

export interface CliHelmDriverDeps {
  /** `run` of `base/process/process.ts`. */
  readonly run: typeof runProcess;
  /** Path of helm, or a name to be found in `PATH` of `env`. */
  readonly helm: string;
  /** The environment of helm, see `environment.ts`; its way to the API server comes with each run. */
  readonly env: Environment;
  readonly access: OpenHelmAccess;
  /** Helm processes at work at once, at least 1. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly children: ChildNotes;
  /** Ends helm when this process cannot; absent: only the parent-death signal does. */
  readonly guard?: HelmGuard;
  /** Of each helm process; absent: none. */
  readonly limits?: ChildLimits;
  readonly onRun?: (run: HelmRun) => void;
  /** How much longer than its own `--timeout` helm may live; default 30 s. */
  readonly leashMs?: number;
  /** From SIGTERM to SIGKILL; default 10 s. */
  readonly graceMs?: number;
}

/** Errors are a few sentences; what helm prints more of is a pod's log. */
const maxOutputBytes = 65_536;

/** Rendering and writing what a chart holds takes less: from then on helm waits, mostly for its hooks. */
const REST_AFTER_MS = 15_000;

/** {@link HelmDriver} on the helm executable. */
export class CliHelmDriver implements HelmDriver {
  readonly #deps: CliHelmDriverDeps;
  readonly #places: FairPlaces;
  #running = 0;

  constructor(deps: CliHelmDriverDeps) {
    this.#deps = deps;
    this.#places = new FairPlaces({ size: deps.concurrency, restAfterMs: REST_AFTER_MS, clock: deps.clock });
  }

  /** Processes that have been started and have not ended. */
  get running(): number {
    return this.#running;
  }

  async install(request: InstallRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult> {
    return this.#perform(installCommand(request), request, signal);
  }

  async upgrade(request: UpgradeRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult> {
    return this.#perform(upgradeCommand(request), request, signal);
  }

  async uninstall(request: UninstallRequest & HelmRunOptions, signal: AbortSignal): Promise<HelmResult> {
    return this.#perform(uninstallCommand(request), { ...request, values: {} }, signal);
  }

  async #perform(command: HelmCommand, request: Performed, signal: AbortSignal): Promise<HelmResult> {
    const { namespace, name } = request.release;
    const given = {
      timeoutMs: request.timeoutMs,
      valuesBytes: Buffer.byteLength(command.stdin ?? ""),
      limits: this.#deps.limits,
      account: request.account,
    };
    const claim = { account: namespace, urgent: command.verb === "uninstall", onWait: request.onWait };
    const perform = async (): Promise<HelmResult> => {
      const { child, refusal } = await this.#admitted(request, (access) => this.#runChild(command, request, access, signal));
      const words = wordsOf(child);
      // What is in helm's way exists already, so its name is no secret, and it is looked for by that.
      const blocking = parseConflict(words);
      const keep = blocking === undefined ? [] : [blocking.name, blocking.namespace ?? ""];
      const redact = await redactionFor(words, request.values, [namespace, name, ...keep]);
      const said = resultOf(command.verb, child, redact) ?? failureOf(child, redact, given);
      const outcome = await named(refusal === undefined ? said : withRefusal(said, refusal), request);
      const result = outcome instanceof HelmError ? outcome.reason : "ok";
      this.#deps.onRun?.({ verb: command.verb, result, durationMs: child.durationMs });
      if (outcome instanceof HelmError) throw outcome;
      return outcome;
    };
    return this.#places.run(perform, claim, signal);
  }

  /** helm reaches the API server as long as `ask` takes. */
  async #admitted(
    { release, account, refuse, createNamespace: createsNamespace = false }: Performed,
    ask: (access: HelmAccess) => Promise<ChildResult>,
  ): Promise<{ readonly child: ChildResult; readonly refusal: string | undefined }> {
    const access = this.#deps.access({ release, account, refuse, createsNamespace });
    try {
      const child = await ask(access);
      return { child: { ...child, stderr: access.reworded(child.stderr) }, refusal: access.refusal() };
    } finally {
      access.close();
    }
  }

  async #runChild(command: HelmCommand, request: Performed, access: HelmAccess, signal: AbortSignal): Promise<ChildResult> {
    const { run, helm, env, children, guard, limits, leashMs = 30_000, graceMs = 10_000 } = this.#deps;
    let pid: number | undefined;
    const onSpawn = (spawned: number): void => {
      pid = spawned;
      this.#running += 1;
      const child = children.add(spawned, command.verb, request.release);
      guard?.started(child);
      request.onStart?.();
    };
    guard?.assertMayStart();
    try {
      return await run(
        helm,
        command.args,
        {
          ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
          env: { ...env, ...access.env },
          timeoutMs: request.timeoutMs + leashMs,
          graceMs,
          maxOutputBytes,
          parentDeathSignal: true,
          ...(limits === undefined ? {} : { limits }),
          onSpawn,
        },
        signal,
      );
    } finally {
      if (pid !== undefined) {
        this.#running -= 1;
        children.remove(pid);
        guard?.ended(pid);
      }
    }
  }
}

/** The sentence as it was said, not as helm quotes it. helm leaves objects that it may not delete during an upgrade, and goes on. */
const withRefusal = (said: HelmResult | HelmError, refusal: string): HelmResult | HelmError =>
  said instanceof HelmError
    ? new HelmError(refusal, { reason: "OutOfBounds", class: "terminal", warnings: said.warnings })
    : { ...said, warnings: [...said.warnings, refusal] };

/** With the objects that helm does not name. */
const named = async (told: HelmResult | HelmError, { release, chartPath }: Performed): Promise<HelmResult | HelmError> => {
  const outcome = await namingNestedLists(told, chartPath);
  const warnings = await withHookedObjects(outcome.warnings, chartPath, release);
  if (warnings === outcome.warnings) return outcome;
  if (!(outcome instanceof HelmError)) return { ...outcome, warnings };
  return new HelmError(outcome.message, { reason: outcome.reason, class: outcome.class, warnings });
};

interface Performed extends HelmRunOptions {
  readonly release: ReleaseRef;
  readonly account?: ServiceAccount | undefined;
  readonly chartPath?: string;
  readonly timeoutMs: number;
  readonly values: Values;
  readonly createNamespace?: boolean;
}
