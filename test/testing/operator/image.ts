import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseYaml } from "../../../src/base/json/yaml.ts";
import { repository } from "./operator.ts";

/** One instruction of the Dockerfile. */
export interface Instruction {
  /** Name of its stage; the last one has none. */
  readonly stage: string;
  readonly name: string;
  readonly args: string;
}

/** Continued lines joined; comments and blank lines left out. */
export const parseDockerfile = (text: string): readonly Instruction[] => {
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .join("\n")
    .replaceAll("\\\n", "")
    .split("\n");
  let stage = "";
  return lines.map((line) => {
    const [, name = "", args = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stage = / AS (\S+)$/.exec(args)?.[1] ?? "";
    return { stage, name, args };
  });
};

export const dockerfile = parseDockerfile(readFileSync(join(repository, "Dockerfile"), "utf8"));

/** Of one stage, default the last. */
export const argsOf = (name: string, stage = ""): readonly string[] =>
  dockerfile.filter((each) => each.name === name && each.stage === stage).map(({ args }) => args);

/** Variables that the image sets. */
export const imageEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    argsOf("ENV")
      .flatMap((args) => args.split(" "))
      .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );

export const entrypoint = (): readonly string[] => z.array(z.string()).parse(JSON.parse(argsOf("ENTRYPOINT")[0] ?? "[]"));

const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        securityContext: z.object({ runAsUser: z.number(), runAsGroup: z.number() }),
        containers: z.tuple([
          z.object({
            env: z.array(z.object({ name: z.string(), value: z.string() })),
            volumeMounts: z.array(z.object({ mountPath: z.string() })),
          }),
        ]),
      }),
    }),
  }),
});

/** What the Deployment says of user, environment and places that can be written. */
export const pod = (() => {
  const { spec } = deploymentSchema.parse(parseYaml(readFileSync(join(repository, "deploy/base/deployment.yaml"), "utf8"))).spec.template;
  const [container] = spec.containers;
  return {
    user: spec.securityContext.runAsUser,
    group: spec.securityContext.runAsGroup,
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
    writable: container.volumeMounts.map(({ mountPath }) => mountPath),
  };
})();
