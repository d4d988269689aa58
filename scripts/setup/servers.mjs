// Servers that acceptance tests and examples run for real: Debian packages, installed where that is allowed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";

/** Program → its Debian package, the acceptance tests that need it, and whether examples of `npm start` do. */
const SERVERS = {
  git: {
    debian: "git",
    tests: ["sources/git-", "sources/cells-git", "sources/chart-dependencies", "examples/sources", "examples/published"],
    examples: true,
  },
  ssh: { debian: "openssh-client", tests: ["sources/git-", "sources/cells-git-ssh"] },
  sshd: { debian: "openssh-server", tests: ["sources/git-ssh", "sources/cells-git-ssh", "examples/published"] },
  "docker-registry": {
    debian: "docker-registry",
    tests: ["sources/oci", "sources/signed", "sources/cells-oci", "sources/chart-dependencies", "examples/published"],
  },
};

/** Servers are often where only root looks. */
const foldersOf = (env) => [...(env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** What a script of package.json needs, by npm's name of the step before it. */
const USES = {
  pretest: { what: "tests", needs: () => true },
  prestart: { what: "examples", needs: (server) => server.examples === true },
  prebench: { what: "benchmarks", needs: (server) => server.debian === "git" },
};

/** Programs that `npm start` or `npm test` needs; none for other scripts. */
export const serversFor = (event) => Object.keys(SERVERS).filter((program) => USES[event]?.needs(SERVERS[program]) === true);

const missingServers = (env, event) =>
  serversFor(event)
    .filter((program) => !foldersOf(env).some((folder) => existsSync(join(folder, program))))
    .map((program) => SERVERS[program]);

/** Patterns of acceptance tests that cannot run here; empty when every server is there. */
export const testsWithoutServer = (env) =>
  [...new Set(missingServers(env, "pretest").flatMap(({ tests }) => tests))].map((name) => `test/acceptance/${name}`);

/** Installs what is missing when this is root on Debian; otherwise says what is left out, and what to do. */
export const provideServers = async ({ env, say, isRoot }) => {
  const event = env.npm_lifecycle_event;
  const missing = () => [...new Set(missingServers(env, event).map(({ debian }) => debian))];
  const packages = missing();
  if (packages.length === 0) return;
  if (isRoot) {
    say(`installing ${packages.join(", ")}, which ${USES[event].what} need`);
    const install = () => run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env });
    if ((await install()).code !== 0) {
      await run("apt-get", ["update"], { env });
      await install();
    }
  }
  const left = missing();
  if (left.length > 0)
    say(`skipped: ${USES[event].what} that need ${left.join(", ")}; for them: apt-get install --yes --no-install-recommends ${left.join(" ")}`);
};
