import { listedOr } from "../base/text.ts";
import { unsupported, verificationFailed } from "./errors.ts";
import { quote } from "./net/remote-url.ts";
import type { ChartArtifact, ChartSource, SourceSpec } from "./source.ts";
import { factsOf, isSourceType, SOURCE_TYPES, type SourceType, typesThat } from "./types.ts";

/** Hands a source to the one that knows its `type`. */
export class SourceRouter implements ChartSource {
  readonly #sources: Readonly<Record<SourceType, ChartSource>>;

  constructor(sources: Readonly<Record<SourceType, ChartSource>>) {
    this.#sources = sources;
  }

  async fetch(spec: SourceSpec, signal: AbortSignal): Promise<ChartArtifact> {
    const { type, verify } = spec;
    if (!isSourceType(type)) throw unsupported(`unknown source type ${quote(type)}: use ${listedOr(SOURCE_TYPES)}`);
    // A source that ignored it would take anything for signed.
    if (verify !== undefined && factsOf(type).signedBy.length === 0) throw unsigned(type);
    return this.#sources[type].fetch(spec, signal);
  }
}

const unsigned = (type: SourceType) => {
  const signed = typesThat(({ signedBy }) => signedBy.length > 0);
  return verificationFailed(`source.type ${quote(type)} does not support signatures: remove source.verify, or use ${listedOr(signed)}`);
};
