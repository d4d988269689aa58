import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CHARTS } from "../../armada/api/chart.ts";
import { GROUPS } from "../../armada/api/group.ts";
import { MANIFESTS } from "../../armada/api/manifest.ts";
import type { Node } from "../../armada/estate/estate.ts";
import { parseYaml } from "../../base/json/yaml.ts";
import type { Resource } from "../../runtime/object.ts";
import { servers, type Servers } from "./wanted-servers.ts";

/** Without a namespace: in the one that the example was applied to. */
const target = { resource: z.string(), namespace: z.string().optional(), name: z.string() };

const step = z
  .strictObject({
    description: z.string(),
    /** A merge patch, or a file of the folder `steps` to apply. */
    patch: z.strictObject({ ...target, type: z.literal("merge"), body: z.record(z.string(), z.unknown()) }).optional(),
    apply: z.string().optional(),
    until: z.strictObject({ ...target, path: z.string(), equals: z.string() }),
  })
  .refine(({ patch, apply }) => (patch === undefined) !== (apply === undefined), "give either patch or apply");

/** What a person, or Argo, does after the objects of an example were applied. */
export type Step = z.infer<typeof step>;

const operator = z.strictObject({ flags: z.array(z.string()) });

/** What an example has beside its objects. */
export interface Script {
  readonly steps: readonly Step[];
  /** Flags that the operator needs for it. */
  readonly flags: readonly string[];
  readonly servers: Servers | undefined;
}

/** `steps.yaml`, `operator.yaml` and `servers.yaml` in the folder `steps` of the example in `folder`. Rejects with one sentence when a file is not what it should be. */
export const readScript = async (folder: string): Promise<Script> => ({
  steps: (await readPart(join(folder, "steps", "steps.yaml"), z.array(step))) ?? [],
  flags: (await readPart(join(folder, "steps", "operator.yaml"), operator))?.flags ?? [],
  servers: await readPart(join(folder, "steps", "servers.yaml"), servers),
});

/** Undefined when there is no such file. */
const readPart = async <T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> => {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(parseYaml(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new Error(`${file}: ${field === "" ? "" : `${field}: `}${issue?.message ?? "is invalid"}`);
};

export const resourceNamed = (plural: string): Resource => {
  const found = [CHARTS, GROUPS, MANIFESTS].find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`steps.yaml names resource "${plural}": use armadacharts, armadachartgroups or armadamanifests`);
  return found;
};

/** Whether the field that a step waits for has come to its value. `ownNamespace`: of the example. */
export const isReached = ({ until }: Step, objects: readonly Node[], ownNamespace: string): boolean =>
  objects.some(
    (object) =>
      object.kind === resourceNamed(until.resource).kind &&
      object.metadata.namespace === (until.namespace ?? ownNamespace) &&
      object.metadata.name === until.name &&
      valueAt(object, until.path.split(".")) === until.equals,
  );

const valueAt = (value: unknown, [key, ...rest]: readonly string[]): unknown => {
  if (key === undefined) return value;
  return typeof value === "object" && value !== null ? valueAt(Reflect.get(value, key), rest) : undefined;
};
