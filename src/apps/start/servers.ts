import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../../base/process/executable.ts";
import { ownEnvironment } from "../../base/process/environment.ts";
import { packCharts, type ChartToPack } from "../../local/servers/chart-archive.ts";
import { ContentServer, GIT_PATH } from "../../local/servers/content-server.ts";
import { GitBackend } from "../../local/servers/git-backend.ts";
import { makeRepository, type RepositoryOf } from "../../local/servers/git-repository.ts";
import { serveArchives, serveRegistry, serveRepository, type Served } from "../../local/servers/served-files.ts";
import { addressed } from "./addressed.ts";
import { repository, type Place } from "./session.ts";
import type { Servers } from "./wanted-servers.ts";

const CHARTS = join(repository, "helm-charts");
const REPOSITORY = "helm-charts.git";

/** The servers of an example: a port that is taken, and what will be behind it. */
export interface ExampleServers {
  /** Makes what is served, in a folder of the run's own, and serves it. Resolves with a line for each thing. */
  serve(place: Place, signal: AbortSignal): Promise<readonly string[]>;
  /** The folder to apply instead of the example's `folder`: its objects, with the address of the servers. After {@link serve}. */
  objects(folder: string): Promise<string>;
  /** Leaves nothing. */
  close(): Promise<void>;
}

/** Takes the port. Rejects with one sentence where something is missing or the port is taken. */
export const openServers = async (wanted: Servers): Promise<ExampleServers> => {
  const unknown = chartsOf(wanted).find((name) => !existsSync(join(CHARTS, name, "Chart.yaml")));
  if (unknown !== undefined) throw new Error(`steps/servers.yaml names the chart "${unknown}": there is none in ${CHARTS}`);
  if (wanted.git !== undefined && findExecutable("git", ownEnvironment()["PATH"]) === undefined)
    throw new Error("Cannot find git, which this example needs: apt-get install --yes --no-install-recommends git");
  const server = await ContentServer.listen(wanted.port);
  const address = `127.0.0.1:${String(wanted.port)}`;
  let made: string | undefined;
  return {
    serve: async (place, signal) => {
      made = join(place.directory, "served");
      await mkdir(made, { mode: 0o700 });
      const git = wanted.git === undefined ? undefined : await repositoryIn(made, wanted.git, place, signal);
      const { plain, registry } = await filesIn(made, wanted, place, signal);
      server.serve({ git: git?.backend, files: [...plain.files, ...registry.files], login: wanted.login });
      const http = [...(git?.commits ?? []).map((line) => `${GIT_PATH}${REPOSITORY} ${line}`), ...plain.lines];
      return [...http.map((line) => `http://${address}${line}`), ...registry.lines.map((line) => `oci://${address}${line}`)];
    },
    objects: (folder) => (wanted.host === undefined || made === undefined ? Promise.resolve(folder) : addressed(folder, made, wanted.host, address)),
    close: async () => {
      await server.close();
      if (made !== undefined) await rm(made, { recursive: true, force: true });
    },
  };
};

const chartsOf = ({ git, archives = [], repository: stable = [], registry = [] }: Servers): readonly string[] => [
  ...(git?.commits ?? []).flatMap((commit) => commit.charts),
  ...[...archives, ...stable, ...registry].map(({ name }) => name),
];

const optionsOf = (made: string, { env }: Place) => ({ charts: CHARTS, workFolder: join(made, "work"), path: env["PATH"] ?? "" });

const filesIn = async (made: string, wanted: Servers, place: Place, signal: AbortSignal): Promise<Record<"plain" | "registry", Served>> => {
  const options = { ...optionsOf(made, place), helm: place.tools.helm };
  const pack = (charts: readonly ChartToPack[]) => packCharts(charts, options, signal);
  const parts = [
    wanted.archives && serveArchives(await pack(wanted.archives)),
    wanted.repository && (await serveRepository(await pack(wanted.repository), options, signal)),
  ].filter((part) => part !== undefined);
  const registry = wanted.registry && serveRegistry(await pack(wanted.registry));
  return {
    plain: { files: parts.flatMap(({ files }) => files), lines: parts.flatMap(({ lines }) => lines) },
    registry: registry ?? { files: [], lines: [] },
  };
};

interface ServedRepository {
  readonly backend: GitBackend;
  /** A line each. */
  readonly commits: readonly string[];
}

const repositoryIn = async (made: string, wanted: RepositoryOf, place: Place, signal: AbortSignal): Promise<ServedRepository> => {
  const { charts, path } = optionsOf(made, place);
  const target = join(made, GIT_PATH, REPOSITORY);
  const commits = await makeRepository(wanted, { charts, repository: target, workTree: join(made, "tree"), path }, signal);
  const names = wanted.commits.map(({ tag }, index) => [index === commits.length - 1 ? wanted.branch : undefined, tag]);
  const backend = await GitBackend.find({ root: made, path, config: { "uploadpack.allowFilter": "true" } }, signal);
  return {
    backend,
    commits: commits.map((commit, index) => `${commit} ${(names[index] ?? []).filter((name) => name !== undefined).join(" ")}`.trim()),
  };
};
