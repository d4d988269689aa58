// Set-up before `npm start` and `npm test`: packages, then tools. Plain JavaScript for Node 20, with nothing installed yet.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./setup/child.mjs";
import { installPackages } from "./setup/packages.mjs";
import { proxiedStart } from "./setup/proxy.mjs";
import { provideServers } from "./setup/servers.mjs";
import { provideTools } from "./setup/tools.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const say = (line) => process.stdout.write(`set-up: ${line}\n`);

try {
  await installPackages({ root, env: process.env, say, lock: join(root, ".cache", "set-up.lock") });
  const proxied = proxiedStart(process.env, root);
  if (proxied === undefined) {
    await provideTools({ env: process.env, say });
    await provideServers({ env: process.env, say, isRoot: process.getuid?.() === 0 });
  } else process.exitCode = (await run(proxied.command, [fileURLToPath(import.meta.url)], { env: proxied.env, inherit: true })).code ?? 1;
} catch (error) {
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
