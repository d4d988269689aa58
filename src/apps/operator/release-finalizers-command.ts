import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { oneLine } from "../../base/text.ts";
import type { ApiClient } from "../../runtime/api.ts";
import { findHeld, sentenceOf, takeOff, titleOf } from "./release-finalizers.ts";
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
    say(`${running}: an operator runs and removes what is being deleted by itself. Stop it first, if it must not.`);
    return 1;
  }
  const held = await findHeld(api, watchNamespaces, signal);
  if (held.length === 0) {
    say("No object that is being deleted waits for the operator.");
    return 0;
  }
  if (!yes) {
    for (const one of held) say(sentenceOf(one));
    say("Nothing was changed. With --yes it is done.");
    return 1;
  }
  let failed = 0;
  for (const one of held) {
    try {
      const taken = await takeOff(one, api, signal);
      say(taken ? sentenceOf(one) : `${titleOf(one)}: has gone, or is not held any more`);
    } catch (error) {
      signal.throwIfAborted();
      failed = 1;
      say(`${titleOf(one)}: its finalizer stays: ${oneLine(messageOf(error))}`);
    }
  }
  return failed;
};
