import { join } from "node:path";
import { ownEnvironment } from "../src/base/process/environment.ts";
import { run } from "../src/base/process/process.ts";
import { bytesBelow } from "../src/sources/cache/folders.ts";
import { temporaryFolder } from "../src/sources/testing/artifacts.ts";
import type { GitSource } from "../src/sources/git/source.ts";
import { commit, serveGit, type GitServer } from "../test/testing/servers/git-server.ts";
import { chartYaml, fetchChart, gitSite, type GitSite } from "../test/testing/servers/git-site.ts";
import { median, seconds, show } from "./measure.ts";

const CHARTS = 100;
const ROUNDS = 3;
const names = Array.from({ length: CHARTS }, (_, index) => `chart-${String(index + 1)}`);

/** Ten files of a few kB, as charts have them. */
const filesOf = (name: string): readonly (readonly [string, string])[] => [
  [`charts/${name}/Chart.yaml`, chartYaml(name)],
  [`charts/${name}/values.yaml`, `name: ${name}\n${"replicas: 1\n".repeat(100)}`],
  ...Array.from({ length: 8 }, (_, index): readonly [string, string] => [
    `charts/${name}/templates/${String(index)}.yaml`,
    `# ${name} ${String(index)}\n${"kind: ConfigMap\n".repeat(150)}`,
  ]),
];

const clone = async (location: string, folder: string): Promise<void> => {
  const limits = { timeoutMs: 60_000, graceMs: 1000, maxOutputBytes: 10_000, parentDeathSignal: true };
  const child = await run(
    "git",
    ["clone", "--quiet", "--depth=1", location, folder],
    { env: ownEnvironment(), ...limits },
    new AbortController().signal,
  );
  if (child.exitCode !== 0) throw new Error(child.stderr);
};

interface Round {
  readonly cloned: number;
  readonly cold: number;
  readonly warm: number;
  /** Times that the server sent objects. */
  readonly clones: readonly [cold: number, warm: number];
  readonly processes: number;
  readonly bytes: { readonly plain: number; readonly repositories: number; readonly charts: number };
}

const fetchAll = (source: GitSource, location: string): Promise<unknown> =>
  Promise.all(names.map((name) => fetchChart(source, location, { reference: "main", subpath: `charts/${name}` })));

const round = async (server: GitServer): Promise<Round> => {
  const site = await gitSite();
  try {
    return await measured(site, server);
  } finally {
    await site.remove();
  }
};

const measured = async (site: GitSite, server: GitServer): Promise<Round> => {
  const location = `${server.url}/estate/.git`;
  const plain = join(site.path, "plain");
  const cloned = await seconds(() => clone(location, plain));
  const fetches = (): number => server.fetches;
  const before = fetches();
  const first = await site.source();
  const cold = await seconds(() => fetchAll(first, location));
  const afterCold = fetches();
  const processes = site.started.length;
  const next = await site.source();
  const warm = await seconds(() => fetchAll(next, location));
  const [repositories, charts] = await Promise.all(["git", "charts"].map((name) => bytesBelow(join(site.path, "cache", name))));
  const bytes = { plain: await bytesBelow(plain), repositories: repositories ?? 0, charts: charts ?? 0 };
  return { cloned, cold, warm, clones: [afterCold - before, fetches() - afterCold], processes, bytes };
};

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const times = (rounds: readonly Round[], of: (round: Round) => number): string => `${median(rounds.map(of)).toFixed(2)} s`;
const ratio = (rounds: readonly Round[], of: (round: Round) => number): string => median(rounds.map((each) => of(each) / each.cloned)).toFixed(1);

/** A hundred charts of one commit: what the operator's source needs for them, beside a plain clone. */
export const oneCommit = async (): Promise<void> => {
  const root = await temporaryFolder();
  await commit(join(root.path, "estate"), Object.fromEntries(names.flatMap(filesOf)));
  const server = await serveGit(root.path);
  const rounds: Round[] = [];
  try {
    for (let count = 0; count < ROUNDS; count += 1) rounds.push(await round(server));
  } finally {
    await server.close();
    await root.remove();
  }
  const [last] = rounds.slice(-1);
  if (last === undefined) return;
  show(
    "git clone --depth 1 of a repository with 100 charts",
    times(rounds, ({ cloned }) => cloned),
  );
  show(
    `${String(CHARTS)} charts of one commit of it, empty cache; ratio to the clone`,
    `${times(rounds, ({ cold }) => cold)}; ${ratio(rounds, ({ cold }) => cold)}`,
  );
  show("  the same after a restart", `${times(rounds, ({ warm }) => warm)}; ${ratio(rounds, ({ warm }) => warm)}`);
  show("  clones, empty cache and after a restart (aim: 1, 0)", last.clones.join(", "));
  show("  git processes, empty cache", String(last.processes));
  show(
    "  on disk: the clone; repository and charts of the cache",
    `${mib(last.bytes.plain)}; ${mib(last.bytes.repositories)}, ${mib(last.bytes.charts)}`,
  );
};
