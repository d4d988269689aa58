import { join } from "node:path";
import { systemClock } from "../../base/time/clock.ts";
import { run } from "../../base/process/process.ts";
import { ArchivedCharts } from "../archive/charts.ts";
import { ChartCache } from "../cache/charts.ts";
import { Downloads } from "../cache/downloads.ts";
import type { Lookup } from "../net/address-guard.ts";
import { HttpFetch } from "../net/http-fetch.ts";
import { RawCache } from "../cache/raw.ts";
import { ProvenanceVerifier } from "../verify/provenance.ts";

/** What the sources that fetch share, on a folder: made again, it is a restart. */
export const fetchingSite = async (
  folder: string,
  options: {
    readonly maxBytes?: number;
    /** Of the archives. */
    readonly cacheBytes?: number;
    readonly allowLocalAddresses?: boolean;
    readonly helm?: string;
    readonly stop?: AbortSignal;
    readonly lookup?: Lookup;
  } = {},
) => {
  const clock = systemClock;
  const raw = await RawCache.open({ directory: join(folder, "raw"), clock, maxBytes: options.cacheBytes ?? 2 ** 30 });
  const cache = await ChartCache.open({ directory: join(folder, "charts"), clock });
  const http = new HttpFetch({ clock, allowLocalAddresses: options.allowLocalAddresses ?? true, idleTimeoutMs: 2_000, lookup: options.lookup });
  const provenance = new ProvenanceVerifier({ run, helm: options.helm ?? "/nowhere/helm", raw });
  const signal = options.stop ?? new AbortController().signal;
  const maxBytes = options.maxBytes ?? 2 ** 20;
  return {
    clock,
    raw,
    cache,
    http,
    maxBytes,
    provenance,
    charts: new ArchivedCharts({ raw, cache, signal }),
    downloads: new Downloads({ http, raw, maxBytes, signal }),
    indexes: new Downloads({ http, raw, maxBytes, signal }),
  };
};
