import type { Clock } from "../../../base/time/clock.ts";
import { messageOf } from "../../../base/errors.ts";
import { oneLine } from "../../../base/text.ts";
import type { ApiClient } from "../../../runtime/api.ts";
import { findHeld, obstacleTo, sentenceOf, takeOff, titleOf, type Held } from "./release-finalizers.ts";
import { runningOperator } from "./running-operator.ts";

export const RELEASE_FINALIZERS = "release-finalizers";

export const RELEASE_FINALIZERS_HELP = `Usage: armada-operator ${RELEASE_FINALIZERS} [flags] [--yes]

Takes the operator's finalizers off objects that are being deleted when no operator is there any more to do it: see docs/deploy.md.
No release and no other finalizer is touched. It refuses while an operator runs.

  --yes   do it; without it, only what would be done is said

Of the operator's own flags these count: --kubeconfig, --watch-namespaces, --lease-namespace (default: the Leases of all namespaces).
`;

export interface ReleaseFinalizersDeps {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly watchNamespaces: readonly string[];
  readonly leaseNamespace: string | undefined;
  readonly yes: boolean;
  readonly say: (line: string) => void;
}

/** Resolves with the exit code: 0 when nothing is held any more, 1 when it may not be done, or was not. */
export const releaseFinalizers = async (deps: ReleaseFinalizersDeps, signal: AbortSignal): Promise<number> => {
  const { api, clock, yes, say, watchNamespaces, leaseNamespace } = deps;
  const running = await runningOperator({ api, clock, say, namespace: leaseNamespace }, signal);
  if (running !== undefined) {
    say(`${running}: an operator is running and removes these finalizers itself. To prevent that, stop it first.`);
    return 1;
  }
  const held = await findHeld(api, watchNamespaces, signal);
  if (held.length === 0) {
    say("No object that is being deleted has a finalizer of the operator.");
    return 0;
  }
  let failed = yes ? 0 : 1;
  for (const one of held) {
    const { line, stays } = await outcomeOf(one, deps, signal);
    say(line);
    if (stays) failed = 1;
  }
  if (!yes) say("Nothing was changed. Run again with --yes to apply this.");
  return failed;
};

/** What became of one object, or would. Trouble with one is no reason to leave the others. */
const outcomeOf = async (
  one: Held,
  { api, yes }: Pick<ReleaseFinalizersDeps, "api" | "yes">,
  signal: AbortSignal,
): Promise<{ readonly line: string; readonly stays: boolean }> => {
  const stay = (why: string) => ({ line: `${titleOf(one)}: its finalizer stays: ${why}`, stays: true });
  try {
    const obstacle = await obstacleTo(one, api, signal);
    if (obstacle !== undefined) return stay(obstacle);
    const taken = !yes || (await takeOff(one, api, signal));
    return { line: taken ? sentenceOf(one) : `${titleOf(one)}: was deleted, or no longer has the finalizer`, stays: false };
  } catch (error) {
    signal.throwIfAborted();
    return stay(oneLine(messageOf(error)));
  }
};
