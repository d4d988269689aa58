import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Clock } from "../base/time/clock.ts";
import type { Environment } from "../base/process/environment.ts";
import type { run as runProcess } from "../base/process/process.ts";
import { loadKubeConfig, type ClusterConfig } from "./config.ts";
import type { Credential } from "./kubeconfig-credentials.ts";

const base64 = z.string().optional();
const tls = z.object({ ca: base64, cert: base64, key: base64, rejectUnauthorized: z.boolean().optional(), servername: z.string().optional() });
const credential = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("fixed"), headers: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal("token file"), path: z.string() }),
  z.object({ kind: z.literal("renewed") }),
]);
const printed = z.union([
  z.object({ error: z.string() }),
  z.object({ server: z.string(), context: z.string(), namespace: z.string(), tls, credentials: credential }),
]);

/** What the child prints. */
export type Printed = z.infer<typeof printed>;

/** A token is read again after this time, as client-go does. */
const TOKEN_MS = 60_000;
/** Beside this file, as source and as bundle. */
const CHILD = import.meta.url.endsWith(".ts") ? "config-child.ts" : "config-child.mjs";
const CHILD_LIMITS = { timeoutMs: 60_000, graceMs: 1_000, maxOutputBytes: 1_000_000, parentDeathSignal: true };

export const writeOut = ({ server, context, namespace, tls: { ca, cert, key, ...rest }, credentials }: ClusterConfig): Printed => {
  const encode = (material: Buffer | string | undefined): string | undefined =>
    material === undefined ? undefined : Buffer.from(material).toString("base64");
  return { server, context, namespace, tls: { ca: encode(ca), cert: encode(cert), key: encode(key), ...rest }, credentials };
};

/**
 * {@link loadKubeConfig} in a child process: client-node takes 450 ms and keeps 50 to 85 MB, and every helm is forked from this process at a
 * price that grows with its memory. Only credentials that must be renewed (exec plugins, OIDC, clouds) bring client-node here.
 */
export const loadKubeConfigApart = async (
  options: { readonly path?: string | undefined },
  { run, env, clock }: { readonly run: typeof runProcess; readonly env: Environment; readonly clock: Clock },
  signal: AbortSignal,
): Promise<ClusterConfig> => {
  const program = fileURLToPath(new URL(CHILD, import.meta.url));
  const child = await run(process.execPath, ["--", program, ...(options.path === undefined ? [] : [options.path])], { env, ...CHILD_LIMITS }, signal);
  signal.throwIfAborted();
  const answer = parse(child.stdout);
  if (answer === undefined) throw new Error(`cannot read the kubeconfig: ${child.failedToStart ?? (child.stderr.trim() || "no answer")}`);
  if ("error" in answer) throw new Error(answer.error);
  if (answer.credentials.kind === "renewed") return loadKubeConfig(options);
  const { ca, cert, key, rejectUnauthorized, servername } = answer.tls;
  const decode = (text: string): Buffer => Buffer.from(text, "base64");
  return {
    ...answer,
    tls: {
      ...(ca === undefined ? {} : { ca: decode(ca) }),
      ...(cert === undefined ? {} : { cert: decode(cert) }),
      ...(key === undefined ? {} : { key: decode(key) }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername === undefined ? {} : { servername }),
    },
    headers: headersOf(answer.credentials, clock),
  };
};

const parse = (text: string): Printed | undefined => {
  try {
    return printed.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const headersOf = (credentials: Exclude<Credential, { readonly kind: "renewed" }>, clock: Clock): ClusterConfig["headers"] => {
  if (credentials.kind === "fixed") return () => Promise.resolve(credentials.headers);
  let last: { readonly headers: Readonly<Record<string, string>>; readonly atMs: number } | undefined;
  return async () => {
    if (last === undefined || clock.monotonic() - last.atMs >= TOKEN_MS) {
      const token = (await readFile(credentials.path, "utf8")).trim();
      last = { headers: { authorization: `Bearer ${token}` }, atMs: clock.monotonic() };
    }
    return last.headers;
  };
};
