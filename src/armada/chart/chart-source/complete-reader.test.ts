import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../base/testing/manual-clock.ts";
import type { ChartSource, SourceSpec } from "../../../sources/source.ts";
import { ChartsLacking, type Fault, invalidChart, notFound, unauthorized, unreachable, unreadable } from "../../../sources/errors.ts";
import type { ArmadaChart, ArmadaChartSpec } from "../../api/chart.ts";
import { REQUESTED_AT } from "../../names.ts";
import type { StoreEstate } from "../../estate/store-estate.ts";
import { chart, estateOf, next, put } from "../../testing/estate.ts";
import { ChartReader } from "./reader.ts";
import { CompleteChartReader } from "./complete-reader.ts";
import { ARTIFACT, KEEPER } from "../testing/charts.ts";

const never = new AbortController().signal;

/** Named like its chart; its source is a folder of that name. */
const of = (name: string, dependencies: readonly string[] = [], spec: Partial<ArmadaChartSpec> = {}): ArmadaChart =>
  chart(name, { spec: { source: { type: "git", location: name }, dependencies, ...spec } });

/** A source whose content is `content` of the location and, in brackets, what was placed. `fail` makes a location fail until it is mended. */
const world = (estate: StoreEstate) => {
  const clock = new ManualClock();
  const content = new Map<string, string>();
  const failures = new Map<string, Fault>();
  /** Location → names that its chart has in charts/. */
  const vendored = new Map<string, readonly string[]>();
  const fetched: SourceSpec[] = [];
  const changed: string[] = [];
  const asked: string[] = [];
  let slowMs = 0;
  const source: ChartSource = {
    fetch: (spec) => {
      fetched.push(spec);
      if (slowMs > 0) return clock.sleep(slowMs, never).then(() => ARTIFACT);
      const { location, charts = [], holds = [] } = spec;
      const lacking = holds.filter((held) => vendored.get(location)?.includes(held) !== true);
      if (lacking.length > 0) return Promise.reject(new ChartsLacking(lacking));
      const fault = failures.get(location) ?? (location.startsWith("/") && !content.has(location) ? notFound : undefined);
      if (fault !== undefined) return Promise.reject(fault(`no ${location}`));
      const inner = charts.map(({ digest }) => digest).join("+");
      const digest = `${content.get(location) ?? location}${inner === "" ? "" : `[${inner}]`}`;
      const name = location.split("/").at(-1) ?? "";
      return Promise.resolve({ ...ARTIFACT, name: name.startsWith("twin") ? "twin" : name, digest });
    },
  };
  const reader = new ChartReader({
    source,
    keeper: KEEPER,
    clock,
    secrets: ({ metadata }) => {
      asked.push(`${metadata.namespace ?? ""}/${metadata.name}`);
      return Promise.resolve({ credentials: { username: metadata.name } });
    },
    onChange: (uid) => void changed.push(uid),
  });
  const complete = new CompleteChartReader({ reader, source, estate, roots: ["/charts", "/more/"], clock });
  const read = async (name: string): Promise<string> => {
    const found = estate.charts.get(`site/${name}`);
    if (found === undefined) throw new Error(`no chart ${name}`);
    const view = await complete.read(found, {}, never);
    if (view.state === "ready") return view.artifact.digest;
    return view.state === "failed" ? `${view.failure.reason}: ${view.failure.message}` : view.state === "waiting" ? `waiting: ${view.missing}` : "";
  };
  /** How often a location was fetched. */
  const times = (location: string): number => fetched.filter((spec) => spec.location === location).length;
  return { clock, content, vendored, failures, fetched, changed, asked, complete, reader, read, times, slow: (ms: number) => (slowMs = ms) };
};

const edited = (before: ArmadaChart, spec: Partial<ArmadaChartSpec>): ArmadaChart => ({
  ...next(before, { spec: { ...before.spec, ...spec } }),
  metadata: { ...before.metadata, resourceVersion: "2", generation: 2 },
});

describe("a chart with dependencies", () => {
  test("is fetched with their charts, theirs in them, in the order of the list", async () => {
    const { read } = world(estateOf(of("a", ["c", "b"]), of("b", ["d"]), of("c"), of("d")));
    expect(await read("a")).toBe("a[c+b[d]]");
  });

  test("without any is fetched as ever", async () => {
    const { read, fetched } = world(estateOf(of("a")));
    await read("a");
    expect(fetched).toEqual([{ type: "git", location: "a", subpath: ".", credentials: { username: "a" } }]);
  });

  test("leaves the reading of each to its own source block and the Secrets of its own namespace, once for all", async () => {
    const users = Array.from({ length: 50 }, (_, at) => of(`user-${at}`, ["toolkit"]));
    const { read, times, fetched, asked } = world(estateOf(...users, of("toolkit")));
    await Promise.all(users.map(({ metadata }) => read(metadata.name)));
    for (const { metadata } of users) await read(metadata.name);
    expect(times("toolkit")).toBe(1);
    expect(fetched.find(({ location }) => location === "toolkit")?.credentials).toEqual({ username: "toolkit" });
    expect(asked.filter((name) => name === "site/toolkit")).toHaveLength(1);
    expect(fetched).toHaveLength(51);
  });

  test("that are refused gives no server the credentials of any", async () => {
    const source = { type: "git", location: "http://git.example.org/charts", auth_method: "SSH", secret_ref: { name: "login" } } as const;
    const { read, fetched, asked } = world(estateOf(of("a", ["b"]), of("b", ["c"]), of("c", [], { source })));
    expect(await read("a")).toMatch(
      /^InvalidChart: dependency "b": dependency "c": ArmadaChart c is refused: spec\.source\.auth_method is "SSH", but /,
    );
    expect([fetched, asked]).toEqual([[], []]);
  });

  test("is fetched anew when one of them has changed, and not for another look", async () => {
    const estate = estateOf(of("a", ["b"]), of("b"));
    const { read, content, times, clock } = world(estate);
    expect([await read("a"), await read("a")]).toEqual(["a[b]", "a[b]"]);
    await clock.advance(60_000);
    content.set("b", "b2");
    put(estate, edited(of("b"), { values: {} }));
    expect([await read("a"), await read("a"), times("a"), times("b")]).toEqual(["a[b2]", "a[b2]", 2, 2]);
  });

  test("looks at each of them at its own interval", async () => {
    const { read, times, clock } = world(estateOf(of("a", ["b"]), of("b", [], { source: { type: "git", location: "b", interval: 5 } })));
    await read("a");
    await clock.advance(5_500);
    await read("a");
    expect([times("a"), times("b")]).toEqual([1, 2]);
  });

  test("that was asked for does not ask for theirs", async () => {
    const estate = estateOf(of("a", ["b"]), of("b"));
    const { read, times } = world(estate);
    await read("a");
    const before = of("a", ["b"]);
    put(estate, { ...before, metadata: { ...before.metadata, resourceVersion: "2", annotations: { [REQUESTED_AT]: "now" } } });
    await read("a");
    expect([times("a"), times("b")]).toEqual([2, 1]);
  });

  test("tells who holds what, when it changes, and only then", async () => {
    const { read, changed, content, failures, reader } = world(estateOf(of("a", ["b"]), of("b")));
    await read("a");
    reader.distrust("uid-b");
    await read("a");
    expect(changed).toEqual([]);
    content.set("b", "b2");
    reader.distrust("uid-b");
    await read("a");
    expect(changed).toEqual(["uid-b", "uid-a"]);
    failures.set("b", unreachable);
    reader.distrust("uid-b");
    await read("a");
    expect(changed).toEqual(["uid-b", "uid-a", "uid-b"]);
  });
});

describe("a folder below a chart root", () => {
  test.each([
    ["the first root's", ["/charts/lib", "/more/lib"], "a[/charts/lib]"],
    ["the second's, where the first has none", ["/more/lib"], "a[/more/lib]"],
  ])("stands for a name without an ArmadaChart: %s", async (_, folders, expected) => {
    const { read, content } = world(estateOf(of("a", ["lib"])));
    for (const folder of folders) content.set(folder, folder);
    expect(await read("a")).toBe(expected);
  });

  test("gives way to an ArmadaChart that comes", async () => {
    const estate = estateOf(of("a", ["lib"]));
    const { read, content } = world(estate);
    content.set("/charts/lib", "folder");
    expect(await read("a")).toBe("a[folder]");
    put(estate, of("lib"));
    expect(await read("a")).toBe("a[lib]");
  });

  test("is read together with the chart it is placed in", async () => {
    const { read, content, times, clock } = world(estateOf(of("a", ["lib"])));
    content.set("/charts/lib", "one");
    expect([await read("a"), await read("a"), times("/charts/lib")]).toEqual(["a[one]", "a[one]", 1]);
    content.set("/charts/lib", "two");
    await clock.advance(660_000);
    expect(await read("a")).toBe("a[two]");
  });

  test.each(["sub/lib", "..", "."])("is directly below it, never %j", async (name) => {
    const { read, fetched } = world(estateOf(of("a", [name])));
    expect(await read("a")).toMatch(/^waiting: /);
    expect(fetched.filter(({ type }) => type === "local")).toEqual([]);
  });

  test("that cannot be read is an error with its name", async () => {
    const { read, failures } = world(estateOf(of("a", ["lib"])));
    failures.set("/charts/lib", invalidChart);
    expect(await read("a")).toBe('InvalidChart: dependency "lib": no /charts/lib');
  });
});

describe("what charts/ holds", () => {
  test.each([
    ["of the chart", "a", [of("a", ["lib"])], "a"],
    ["beside what is placed", "a", [of("a", ["lib", "b"]), of("b")], "a[b]"],
    ["of what is placed", "b", [of("a", ["b"]), of("b", ["lib"])], "a[b]"],
  ])("stands for a name without an ArmadaChart and a folder: %s", async (_, holder, charts, expected) => {
    const { read, vendored, fetched } = world(estateOf(...charts));
    vendored.set(holder, ["lib"]);
    expect(await read("a")).toBe(expected);
    expect(fetched.find(({ location }) => location === holder)).toMatchObject({ holds: ["lib"] });
  });

  test("gives way to an ArmadaChart that comes, and stands again when that goes", async () => {
    const estate = estateOf(of("a", ["lib"]));
    const { read, vendored } = world(estate);
    vendored.set("a", ["lib"]);
    expect(await read("a")).toBe("a");
    put(estate, of("lib"));
    expect(await read("a")).toBe("a[lib]");
    estate.charts.remove(of("lib"));
    expect(await read("a")).toBe("a");
  });

  test("gives way to a folder below a chart root", async () => {
    const { read, vendored, content } = world(estateOf(of("a", ["lib"])));
    vendored.set("a", ["lib"]);
    content.set("/more/lib", "folder");
    expect(await read("a")).toBe("a[folder]");
  });

  test.each([
    ["local", 12],
    ["git", 6],
  ] as const)("is looked for while it is missing, a server less and less often: %s", async (type, most) => {
    const { read, times, clock } = world(estateOf(of("a", ["lib"], { source: { type, location: "a" } })));
    for (let second = 0; second < 120; second += 1) {
      await read("a");
      await clock.advance(1_000);
    }
    expect(times("a")).toBeGreaterThan(most / 2);
    expect(times("a")).toBeLessThanOrEqual(most * 2);
  });
});

describe("a chart is not fetched", () => {
  test("while a dependency is missing, which is no failure, at any depth", async () => {
    const estate = estateOf(of("a", ["b"]), of("b", ["c"]));
    const { read, times } = world(estate);
    const missing =
      'there is no ArmadaChart c in namespace "site", no folder of that name below /charts, /more/, and the chart does not contain it in charts/: create one of them';
    expect(await read("a")).toBe(`waiting: dependency "b": ${missing}`);
    expect([times("a"), times("b")]).toEqual([0, 1]);
    put(estate, of("c"));
    expect(await read("a")).toBe("a[b[c]]");
  });

  test("while a dependency cannot be read, whose sentence it carries; a look at it for another reason asks nobody", async () => {
    const { read, failures, times, clock } = world(estateOf(of("a", ["b"]), of("b", ["c"]), of("c")));
    failures.set("c", unauthorized);
    const sentence = 'Unauthorized: dependency "b": dependency "c": no c';
    expect([await read("a"), await read("a"), times("c"), times("b"), times("a")]).toEqual([sentence, sentence, 1, 0, 0]);
    failures.clear();
    await clock.advance(60_000);
    expect(await read("a")).toBe("a[b[c]]");
  });

  test("in a circle", async () => {
    const { read, fetched } = world(estateOf(of("a", ["b"]), of("b", ["a"])));
    expect(await read("a")).toBe("InvalidChart: charts depend on each other: a → b → a; remove one of them from spec.dependencies");
    expect(fetched).toEqual([]);
  });

  test("with two of one chart name", async () => {
    const { read } = world(estateOf(of("a", ["twin-1", "twin-2"]), of("twin-1"), of("twin-2")));
    expect(await read("a")).toBe(
      'InvalidChart: spec.dependencies names "twin-1" and "twin-2", and both are the chart "twin" by their Chart.yaml: name one of them',
    );
  });
});

test("a chart that cannot be read leaves its dependencies alone", async () => {
  const { read, failures, times } = world(estateOf(of("a", ["b"]), of("b")));
  failures.set("a", unreadable);
  for (let pass = 0; pass < 5; pass += 1) await read("a");
  expect([times("a"), times("b")]).toEqual([1, 1]);
});

test("a reader that gives up leaves the others theirs", async () => {
  const estate = estateOf(of("a", ["b"]), of("b"));
  const { read, complete, times } = world(estate);
  const stop = new AbortController();
  const found = estate.charts.get("site/a");
  if (found === undefined) throw new Error("no chart a");
  const given = complete.read(found, {}, stop.signal);
  const kept = read("a");
  stop.abort(new Error("the spec has changed"));
  await expect(given).rejects.toThrow("the spec has changed");
  expect([await kept, times("b")]).toEqual(["a[b]", 1]);
});

test.each([1_000, 100])("a chart and all that comes into it take %d ms of a pass together", async (ms) => {
  const { clock, complete, slow } = world(estateOf(of("a", ["b"]), of("b", ["c"]), of("c", ["d"]), of("d")));
  slow(400);
  const views: string[] = [];
  void complete.read(of("a", ["b"]), ms === 1_000 ? {} : { patienceMs: ms }, never).then(({ state }) => views.push(state));
  await clock.advance(ms - 1);
  expect(views).toEqual([]);
  await clock.advance(1);
  expect(views).toEqual(["reading"]);
});
