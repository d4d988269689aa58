// Servers that acceptance tests run for real: Debian packages, installed where that is allowed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";

/** Program → its Debian package, and the acceptance tests that need it. */
const SERVERS = {
  git: { debian: "git", tests: ["git-", "cells-git"] },
  ssh: { debian: "openssh-client", tests: ["git-", "cells-git-ssh"] },
  sshd: { debian: "openssh-server", tests: ["git-ssh", "cells-git-ssh"] },
  "docker-registry": { debian: "docker-registry", tests: ["sources-oci", "sources-signed", "cells-oci"] },
};

/** Servers are often where only root looks. */
const foldersOf = (env) => [...(env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const missingServers = (env) =>
  Object.entries(SERVERS)
    .filter(([program]) => !foldersOf(env).some((folder) => existsSync(join(folder, program))))
    .map(([, server]) => server);

/** Patterns of acceptance tests that cannot run here; empty when every server is there. */
export const testsWithoutServer = (env) => [...new Set(missingServers(env).flatMap(({ tests }) => tests))].map((name) => `test/acceptance/${name}`);

/** Installs what is missing when this is root on Debian; otherwise says which tests are left out, and what to do. */
export const provideServers = async ({ env, say, isRoot }) => {
  const packages = [...new Set(missingServers(env).map(({ debian }) => debian))];
  if (packages.length === 0) return;
  if (isRoot) {
    say(`installing ${packages.join(", ")}, which tests run for real`);
    const install = () => run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], { env });
    if ((await install()).code !== 0) {
      await run("apt-get", ["update"], { env });
      await install();
    }
  }
  const left = [...new Set(missingServers(env).map(({ debian }) => debian))];
  if (left.length > 0) say(`left out: tests that need ${left.join(", ")}; for them: apt-get install --yes --no-install-recommends ${left.join(" ")}`);
};
