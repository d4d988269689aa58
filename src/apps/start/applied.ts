import { z } from "zod";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import { nameOf } from "./estate-view.ts";

const object = z.object({ kind: z.string(), metadata: z.object({ namespace: z.string().default(""), name: z.string() }) });
const printed = z.union([z.object({ kind: z.literal("List"), items: z.array(object) }), object]);

/** Names (as `nameOf` gives them) of our objects among those that `kubectl apply -o json` says it has applied. */
export const appliedNames = (text: string): ReadonlySet<string> => {
  const parsed = printed.parse(JSON.parse(text));
  const objects = "items" in parsed ? parsed.items : [parsed];
  const kinds: readonly string[] = [CHARTS, GROUPS, MANIFESTS].map(({ kind }) => kind);
  return new Set(objects.filter(({ kind }) => kinds.includes(kind)).map(nameOf));
};
