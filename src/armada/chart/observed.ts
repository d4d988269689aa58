import type { ReleaseRef } from "../../helm/driver.ts";
import type { ReleaseAccount } from "./account.ts";
import type { EstateFacts } from "./facts/estate-facts.ts";
import type { OwnershipFacts } from "./facts/ownership-facts.ts";
import type { ReleaseFacts } from "./facts/release-facts.ts";
import type { RemovalFacts } from "./facts/removal-facts.ts";
import type { SourceFacts } from "./facts/source-facts.ts";

/** Everything one pass over an ArmadaChart knows. */
export interface ChartObserved extends EstateFacts, SourceFacts, OwnershipFacts, ReleaseFacts, RemovalFacts {
  /** Wall clock of the look, milliseconds. */
  readonly nowMs: number;
  /** Hold of this operator. */
  readonly epoch: string;
  readonly release: ReleaseRef;
  /** With whose rights it is written; undefined: the operator's own. */
  readonly account: ReleaseAccount | undefined;
  /** One sentence: its release may not live where the spec says. */
  readonly refusal: string | undefined;
  /** So many ArmadaCharts of its namespace are older, and no more count. */
  readonly crowding?: number | undefined;
}
