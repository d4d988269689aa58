import { readFileSync } from "node:fs";
import { z } from "zod";
import { readRunState } from "../../../src/local/control-plane/run-directory.ts";

/** What an API server keeps, by key: `/registry/pods/NAMESPACE/NAME`. */
export interface Entry {
  readonly key: string;
  /** Changes with each write. */
  readonly revision: string;
  /** In base64, as etcd's gateway has it; empty when only keys were asked for. */
  readonly value: string;
}

export interface Etcd {
  entries(what: "keys" | "values"): Promise<readonly Entry[]>;
  /** Writes and deletes past the API server, which hears of it as of everything else: by its watches. */
  change(changes: { readonly put: readonly Entry[]; readonly delete: readonly string[] }): Promise<void>;
  /** Of its file, history included, in bytes. */
  size(): Promise<number>;
}

const PREFIX = { key: encode("/registry/"), range_end: encode("/registry0") };
/** etcd's own limit. */
const MOST_OPERATIONS = 128;
const FLAG = "--advertise-client-urls=";

const rangeAnswer = z.object({
  kvs: z.array(z.object({ key: z.string(), mod_revision: z.string(), value: z.string().default("") })).default([]),
});
const statusAnswer = z.object({ dbSize: z.coerce.number() });

/** The etcd of a control plane that runs. */
export const etcdOf = (directory: string): Etcd => {
  const url = clientUrl(directory);
  const ask = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${url}/v3/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answers ${String(answer.status)} to ${path}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    entries: async (what) => {
      const { kvs } = rangeAnswer.parse(await ask("kv/range", { ...PREFIX, keys_only: what === "keys" }));
      return kvs.map(({ key, mod_revision, value }) => ({ key: Buffer.from(key, "base64").toString(), revision: mod_revision, value }));
    },
    change: async ({ put, delete: deleted }) => {
      const puts = put.map(({ key, value }) => ({ request_put: { key: encode(key), value } }));
      const operations = [...puts, ...deleted.map((key) => ({ request_delete_range: { key: encode(key) } }))];
      for (let at = 0; at < operations.length; at += MOST_OPERATIONS) {
        await ask("kv/txn", { success: operations.slice(at, at + MOST_OPERATIONS) });
      }
    },
    size: async () => statusAnswer.parse(await ask("maintenance/status", {})).dbSize,
  };
};

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

const clientUrl = (directory: string): string => {
  const pid = readRunState(directory).processes.find(({ name }) => name === "etcd")?.pid ?? 0;
  const argument = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8")
    .split("\0")
    .find((part) => part.startsWith(FLAG));
  if (argument === undefined) throw new Error(`no etcd runs for ${directory}`);
  return argument.slice(FLAG.length);
};
