import { chmod, cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { makeRepository } from "../../../src/local/servers/git-repository.ts";
import { temporaryFolder } from "../../../src/sources/testing/artifacts.ts";
import { git } from "../../testing/servers/git-server.ts";
import { repository } from "../../testing/operator/operator.ts";

const wanted = {
  branch: "main",
  commits: [
    { message: "one", charts: ["helm-toolkit", "memcached"], tag: "v0.1.0" },
    { message: "two", charts: ["testchart"] },
  ],
};

test("makeRepository makes the same commits whatever modes files have here, and whatever helm has built beside them", async () => {
  const folder = await temporaryFolder();
  const make = (name: string, charts: string): Promise<readonly string[]> => {
    const options = { charts, repository: join(folder.path, `${name}.git`), workTree: join(folder.path, name), path: ownEnvironment()["PATH"] ?? "" };
    return makeRepository(wanted, options, new AbortController().signal);
  };
  const charts = join(folder.path, "helm-charts");
  await cp(join(repository, "helm-charts"), charts, { recursive: true });
  await chmod(join(charts, "memcached/Chart.yaml"), 0o755);
  await mkdir(join(charts, "memcached/charts"), { recursive: true });
  await writeFile(join(charts, "memcached/charts/helm-toolkit-0.1.0.tgz"), "built");
  await writeFile(join(charts, "memcached/Chart.lock"), "generated: now\n");
  const commits = await make("there", charts);
  expect(commits).toEqual(await make("here", join(repository, "helm-charts")));
  const bare = join(folder.path, "there.git");
  expect(git(bare, "rev-parse", "refs/tags/v0.1.0", "refs/heads/main").split("\n")).toEqual(commits);
  expect(git(bare, "ls-tree", "--name-only", "v0.1.0").split("\n")).toEqual(["helm-toolkit", "memcached"]);
  expect(git(bare, "ls-tree", "--name-only", "main").split("\n")).toEqual(["helm-toolkit", "memcached", "testchart"]);
  await folder.remove();
});
