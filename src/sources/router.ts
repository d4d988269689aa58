import { quote } from "./net/remote-url.ts";
import { type ChartArtifact, type ChartSource, SourceError, type SourceSpec } from "./source.ts";

/** Those that look at `verify`; a source that ignored it would take anything for signed. */
const SIGNED: ReadonlySet<string> = new Set(["tar", "repo", "oci"]);

/** Hands a source to the one that knows its `type`. */
export class SourceRouter implements ChartSource {
  readonly #sources: ReadonlyMap<string, ChartSource>;

  /** Keys are values of `source.type`. */
  constructor(sources: Readonly<Record<string, ChartSource>>) {
    this.#sources = new Map(Object.entries(sources));
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    if (spec.verify !== undefined && !SIGNED.has(spec.type))
      throw new SourceError(`source.type ${quote(spec.type)} does not support signatures: remove source.verify, or use ${[...SIGNED].join(", ")}`, {
        reason: "VerificationFailed",
        class: "terminal",
      });
    const source = this.#sources.get(spec.type);
    if (source !== undefined) return source.fetch(spec, signal);
    const known = [...this.#sources.keys()];
    const types = known.length < 2 ? known.join("") : `${known.slice(0, -1).join(", ")} or ${known.at(-1) ?? ""}`;
    throw new SourceError(`unknown source type ${quote(spec.type)}: use ${types}`, { reason: "Unsupported", class: "terminal" });
  }
}
