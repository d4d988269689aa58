import { LEAVING_LABEL, SHARDS_LABEL } from "../../armada/names.ts";
import type { ShardNames } from "../../runtime/sharding/names.ts";
import { OPERATOR } from "./deploy/rights.ts";

export const SHARD_NAMES: ShardNames = { operator: OPERATOR, shardsLabel: SHARDS_LABEL, leavingLabel: LEAVING_LABEL };
