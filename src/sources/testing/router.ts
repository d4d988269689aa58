import { SourceRouter } from "../router.ts";
import type { ChartSource } from "../source.ts";
import { byType, type SourceType } from "../types.ts";

const none: ChartSource = { fetch: ({ type }) => Promise.reject(new Error(`this test has no source ${type}`)) };

/** A router that has these sources only. */
export const routerOf = (sources: Readonly<Partial<Record<SourceType, ChartSource>>>): SourceRouter =>
  new SourceRouter(byType((type) => sources[type] ?? none));
