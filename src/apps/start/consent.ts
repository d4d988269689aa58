import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Puts a question to a person. Rejects with the signal's reason when it aborts first. */
export type Ask = (question: string, signal: AbortSignal) => Promise<boolean>;

/** The command line lacks something: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a person agrees to, or not. */
export interface Undertaking {
  /** `https://…` */
  readonly server: string;
  readonly context: string;
  readonly namespace: string;
  readonly example: string;
  /** The CRDs are there already: so may be objects, and another operator. */
  readonly inUse: boolean;
}

/** One sentence: what, where. */
export const question = ({ server, context, namespace, example, inUse }: Undertaking): string => {
  const already =
    "CustomResourceDefinitions of armada.airshipit.org are there already: they will be replaced, and the operator will act on every Armada object of the cluster; stop any other operator first.\n";
  const what = `Apply the CRDs, run the operator and apply examples/${example} in namespace ${namespace} on ${server} (context ${JSON.stringify(context)})?`;
  return `${inUse ? already : ""}${what} [y/N] `;
};

/** Resolves when a person has agreed, beforehand with `--yes` or by the answer. Rejects otherwise: with {@link UsageError} where nobody can be asked. */
export const agree = async (
  undertaking: Undertaking,
  { yes, ask }: { readonly yes: boolean; readonly ask: Ask | undefined },
  signal: AbortSignal,
): Promise<void> => {
  if (yes) return;
  const { server, context } = undertaking;
  if (ask === undefined) {
    throw new UsageError(`Cannot ask whether to use ${server} (context ${JSON.stringify(context)}) without a terminal: pass --yes to agree`);
  }
  if (!(await ask(question(undertaking), signal))) throw new Error(`Nothing was written to ${server}`);
};

/** Asks on a terminal: `y` and `yes` agree, everything else, the end of the input too, does not. The terminal keeps its own Ctrl-C. */
export const askOn =
  (input: Readable, output: { write(text: string): unknown }): Ask =>
  (text, signal) =>
    new Promise((resolve, reject) => {
      const lines = createInterface({ input, terminal: false });
      const abort = (): void => {
        reject(signal.reason);
        lines.close();
      };
      lines.once("line", (line) => {
        resolve(/^\s*y(?:es)?\s*$/i.test(line));
        lines.close();
      });
      lines.once("close", () => {
        signal.removeEventListener("abort", abort);
        resolve(false);
      });
      signal.addEventListener("abort", abort, { once: true });
      if (signal.aborted) abort();
      else output.write(text);
    });
