import { spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import type { TerminalSize } from "../../test/testing/operator/terminal.ts";
import type { Recording } from "./cast.ts";

export interface RecordOptions {
  /** A command line, which the terminal shows first. */
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly size: TerminalSize;
  /** Ctrl-C is typed so long after this was written. */
  readonly until: { readonly text: string; readonly holdMs: number };
}

/** Runs a command in a pseudo terminal, as `script` of util-linux makes one, and notes what it writes. Rejects when the command fails. */
export const record = async ({ command, cwd, env, size, until }: RecordOptions): Promise<Recording> => {
  const shell = `stty cols ${String(size.columns)} rows ${String(size.rows)}; PS4='$ '; set -x; ${command}`;
  const args = ["--quiet", "--flush", "--return", "--command", shell, "/dev/null"];
  const child = spawn("script", args, { cwd, env: { ...env, SHELL: "/bin/sh", TERM: "xterm-256color" }, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => child.once("exit", resolve).once("error", reject));
  const events: { atMs: number; text: string }[] = [];
  const decoder = new StringDecoder("utf8");
  const began = performance.now();
  let isAsked = false;
  child.stdout.on("data", (bytes: Buffer) => {
    events.push({ atMs: Math.round(performance.now() - began), text: decoder.write(bytes) });
    if (
      isAsked ||
      !events
        .slice(-20)
        .map(({ text }) => text)
        .join("")
        .includes(until.text)
    )
      return;
    isAsked = true;
    setTimeout(() => void child.stdin.write("\x03"), until.holdMs);
  });
  const code = await ended;
  // npm ends so when Ctrl-C is typed, whatever the program's own exit code.
  if (!isAsked || (code !== 0 && code !== 130))
    throw new Error(
      `${command} ended with exit code ${String(code)}:\n${events
        .slice(-5)
        .map(({ text }) => text)
        .join("")}`,
    );
  return { size, title: command, events };
};
