import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import type { Node } from "../../armada/estate.ts";
import { parseYaml } from "../../base/yaml.ts";
import type { Resource } from "../../runtime/object.ts";

const step = z.strictObject({
  description: z.string(),
  patch: z.strictObject({ resource: z.string(), name: z.string(), type: z.literal("merge"), body: z.record(z.string(), z.unknown()) }),
  until: z.strictObject({ resource: z.string(), name: z.string(), path: z.string(), equals: z.string() }),
});

/** What a person, or Argo, does after the objects of an example were applied. */
export type Step = z.infer<typeof step>;

/** The steps of the example in `folder`, none when it has no `steps/steps.yaml`. Rejects with one sentence when the file is not what it should be. */
export const readSteps = async (folder: string): Promise<readonly Step[]> => {
  const file = join(folder, "steps", "steps.yaml");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const parsed = z.array(step).safeParse(parseYaml(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "is not a list of steps"}`);
};

export const resourceNamed = (plural: string): Resource => {
  const found = [CHARTS, GROUPS, MANIFESTS].find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`steps.yaml names resource "${plural}": use armadacharts, armadachartgroups or armadamanifests`);
  return found;
};

/** Whether the field that a step waits for has come to its value. */
export const isReached = ({ until }: Step, objects: readonly Node[]): boolean =>
  objects.some(
    (object) =>
      object.kind === resourceNamed(until.resource).kind &&
      object.metadata.name === until.name &&
      valueAt(object, until.path.split(".")) === until.equals,
  );

const valueAt = (value: unknown, [key, ...rest]: readonly string[]): unknown => {
  if (key === undefined) return value;
  return typeof value === "object" && value !== null ? valueAt(Reflect.get(value, key), rest) : undefined;
};
