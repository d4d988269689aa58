import { parseHolding } from "../base/json/held-json.ts";
import { mapAtMost } from "../base/work/turns.ts";
import type { ListOptions, ListPage, ListWatcher, WatchEvent } from "../runtime/api.ts";
import type { KubeObject, Resource } from "../runtime/object.ts";
import { apiErrorFromStatus, malformed } from "./api-errors.ts";
import type { KubeHttp } from "./http.ts";
import { splitList } from "./json-items.ts";
import { completeLines } from "./json-lines.ts";
import { acceptFor, readObject } from "./objects.ts";
import { resourcePath } from "./path.ts";
import { arrayMember, member, stringMember } from "./unknown.ts";

const PAGE_SIZE = 500;
/** Characters of a page that is parsed at once. */
const SMALL_PAGE = 100_000;

export interface ListWatchOptions<T extends KubeObject> extends ListOptions {
  /** Makes the object that is kept of the one that was read: drop here what nobody needs. Default: the whole object. */
  readonly transform?: (object: KubeObject) => T;
  /** Items of a page; default 500. An object may have more than a megabyte, and a page is in memory as a whole. */
  readonly pageSize?: number;
  /** In [0, 1), for the spread of watch lifetimes; default `Math.random`. */
  readonly random?: () => number;
}

interface PageOptions<T> extends ListOptions {
  readonly continue?: string | undefined;
  readonly pageSize?: number | undefined;
  /** Makes an item of what was parsed; default: the whole object. */
  readonly read?: (raw: unknown) => T;
}

/** One page of a list. */
export const readPage = async <T extends KubeObject>(
  http: Pick<KubeHttp, "text">,
  resource: Resource,
  options: PageOptions<T>,
  signal: AbortSignal,
): Promise<ListPage<T>> => {
  const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
  const read = options.read ?? ((raw: unknown): T => readObject<T>(raw, { resource, metadataOnly }));
  const query = { labelSelector, fieldSelector, limit: String(options.pageSize ?? PAGE_SIZE), continue: options.continue };
  const path = resourcePath(resource, { namespace });
  const text = await http.text({ method: "GET", path, query, accept: acceptFor(metadataOnly, "list") }, signal);
  const { rest, items } = await readList(text, read);
  const metadata = member(rest, "metadata");
  const resourceVersion = stringMember(metadata, "resourceVersion");
  if (resourceVersion === undefined) throw malformed(undefined);
  return { items, resourceVersion, continue: stringMember(metadata, "continue") || undefined };
};

const readList = async <T>(text: string, read: (raw: unknown) => T): Promise<{ readonly rest: unknown; readonly items: readonly T[] }> => {
  const parts = text.length > SMALL_PAGE ? await splitList(text) : undefined;
  if (parts === undefined) {
    const rest = parse(text, 2);
    return { rest, items: arrayMember(rest, "items").map(read) };
  }
  return { rest: parse(parts.rest, 2), items: await mapAtMost(parts.items, 1, async (item) => read(parse(item, 2))) };
};

/** List and watch of `resource`, in one namespace or in all. The first page of a list is a quorum read. */
export const listWatch = <T extends KubeObject>(http: KubeHttp, resource: Resource, options: ListWatchOptions<T> = {}): ListWatcher<T> => {
  const { transform, random = Math.random, ...scope } = options;
  const shape = { resource, metadataOnly: scope.metadataOnly };
  const read = (raw: unknown): T => (transform === undefined ? readObject<T>(raw, shape) : transform(readObject(raw, shape)));
  return {
    list: (page, signal) => readPage<T>(http, resource, { ...scope, ...page, read }, signal),
    watch: async function* ({ resourceVersion }, signal) {
      const query = { ...watchQuery(scope, random()), resourceVersion };
      const path = resourcePath(resource, { namespace: scope.namespace });
      const chunks = await http.stream({ method: "GET", path, query, accept: acceptFor(scope.metadataOnly, "object") }, signal);
      yield { type: "BOOKMARK", resourceVersion };
      for await (const lines of completeLines(chunks)) {
        for (const line of lines) yield parseEvent(line, read);
      }
    },
  };
};

/** A server ends a watch after five to ten minutes, not all in the same moment. */
const watchQuery = ({ labelSelector, fieldSelector }: ListOptions, random: number): Readonly<Record<string, string | undefined>> => ({
  labelSelector,
  fieldSelector,
  watch: "true",
  allowWatchBookmarks: "true",
  timeoutSeconds: String(300 + Math.floor(random * 300)),
});

const parseEvent = <T extends KubeObject>(line: string, read: (raw: unknown) => T): WatchEvent<T> => {
  const event = parse(line, 3);
  const type = member(event, "type");
  const object = member(event, "object");
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: read(object) };
    case "BOOKMARK":
      return { type, resourceVersion: stringMember(member(object, "metadata"), "resourceVersion") ?? "" };
    case "ERROR":
      throw apiErrorFromStatus(object, 500);
    default:
      throw malformed(undefined);
  }
};

/** See {@link parseHolding}. */
const parse = (text: string, level: number): unknown => {
  try {
    return parseHolding(text, level);
  } catch (error) {
    throw malformed(error);
  }
};
