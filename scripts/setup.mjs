// Set-up before `npm start` and `npm test`: packages, then tools. Plain JavaScript for Node 20, with nothing installed yet.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "./setup/packages.mjs";
import { provideTools } from "./setup/tools.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const say = (line) => process.stdout.write(`set-up: ${line}\n`);

try {
  await installPackages({ root, env: process.env, say, lock: join(root, ".cache", "set-up.lock") });
  await provideTools({ env: process.env, say });
} catch (error) {
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exitCode = 1;
}
