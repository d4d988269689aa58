import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const children = new Set();
let listening = false;

/** A Ctrl-C reaches children by itself, a SIGTERM to this process alone does not. */
const passOnTermination = () => {
  if (listening) return;
  listening = true;
  process.once("SIGTERM", () => {
    for (const child of children) child.kill("SIGTERM");
    process.exit(143);
  });
};

/**
 * Runs a command to its end: `{code, stdout, stderr}`; `code` is undefined when it could not be started.
 * `onLine` gets each line of stderr as it comes; `inherit` shows both outputs instead of keeping them.
 */
export const run = (command, args, { cwd, env = process.env, onLine = () => undefined, inherit = false } = {}) =>
  new Promise((resolve) => {
    passOnTermination();
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", ...(inherit ? ["inherit", "inherit"] : ["pipe", "pipe"])] });
    children.add(child);
    let stdout = "";
    const stderr = [];
    if (!inherit) {
      child.stdout.setEncoding("utf8").on("data", (chunk) => (stdout += chunk));
      createInterface({ input: child.stderr }).on("line", (line) => {
        stderr.push(line);
        onLine(line);
      });
    }
    const end = (code) => {
      children.delete(child);
      resolve({ code, stdout, stderr: stderr.join("\n") });
    };
    child.once("error", () => end(undefined));
    child.once("close", (code) => end(code ?? 1));
  });
