import { z } from "zod";

/** Folders of helm-charts. */
const folders = z.array(z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "name folders of helm-charts")).min(1);
/** The same, packed with another version than their own where one stands behind `@`. */
const packed = z
  .array(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*(@\d+\.\d+\.\d+)?$/, "name folders of helm-charts, with a version behind @ if it is not their own")
      .transform((text) => {
        const [name = "", version] = text.split("@");
        return { name, version };
      }),
  )
  .min(1)
  .optional();
const gitName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, "is no name for a branch or tag");
const commit = z.strictObject({ message: z.string().min(1), charts: folders, tag: gitName.optional() });

/** `steps/servers.yaml`. */
export const servers = z
  .strictObject({
    /** Of loopback; below those that Linux gives to outgoing connections, and beside those of the control plane. */
    port: z.int().min(1024).max(19_999),
    /** The host that the example's objects name; they are applied with the address of the servers in its place. */
    host: z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "is no name of a host")
      .optional(),
    /** Who is let in; everybody when absent. */
    login: z.strictObject({ username: z.string().min(1), password: z.string().min(1) }).optional(),
    git: z.strictObject({ branch: gitName, commits: z.array(commit).min(1) }).optional(),
    archives: packed,
    /** A Helm repository. */
    repository: packed,
    /** An OCI registry. */
    registry: packed,
  })
  .refine(
    ({ git, archives, repository, registry }) => [git, archives, repository, registry].some((kind) => kind !== undefined),
    "give git, archives, repository or registry",
  );

/** What is served while the example runs, made from helm-charts. */
export type Servers = z.infer<typeof servers>;
