import { afterAll, afterEach, describe, expect, test } from "@jest/globals";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../time/clock.ts";
import { ownEnvironment } from "./environment.ts";
import { run, type RunOptions } from "./process.ts";
import { signalGroup } from "./process-group.ts";
import { spawnLogged } from "./long-lived.ts";

const never = new AbortController().signal;
const path = ownEnvironment()["PATH"] ?? "";
const folder = mkdtempSync(join(tmpdir(), "process-test-"));
const started: number[] = [];
const options: RunOptions = {
  env: { PATH: path },
  graceMs: 5_000,
  maxOutputBytes: 1_000,
  parentDeathSignal: true,
  onSpawn: (pid) => started.push(pid),
};
const sh = (script: string, more: Partial<RunOptions> = {}, signal = never) => run("sh", ["-c", script], { ...options, ...more }, signal);

afterEach(() => {
  for (const pid of started.splice(0)) signalGroup(pid, "SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true }));

const alive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

/** Real processes end in real time; bounded, and it polls only what has no event. */
const until = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !condition(); turn++) await systemClock.sleep(10, never);
  expect(condition()).toBe(true);
};

describe.each([true, false])("run, with the parent-death signal %j,", (parentDeathSignal) => {
  test.each<[string, string, Partial<RunOptions>, object]>([
    ["tells exit code and output", "echo out; echo err >&2; exit 3", {}, { exitCode: 3, stdout: "out\n", stderr: "err\n" }],
    ["hands stdin over and closes it", "cat", { stdin: "a: é\n" }, { exitCode: 0, stdout: "a: é\n" }],
    ["survives a child that does not read its stdin", "exit 0", { stdin: "x".repeat(1_000_000) }, { exitCode: 0 }],
    ["gives an empty stdin otherwise", "cat", {}, { exitCode: 0, stdout: "" }],
    ["inherits no variable", "env | grep -v -e ^PATH= -e ^PWD= -e ^_= -e ^SHLVL=", {}, { exitCode: 1, stdout: "" }],
    ["starts where it is told", "pwd", { cwd: "/" }, { stdout: "/\n" }],
    ["tells the signal that ended the child", "kill -9 $$", {}, { signal: "SIGKILL", aborted: false, timedOut: false }],
    ["passes 127 on when a script says so", "exit 127", {}, { exitCode: 127 }],
    ["keeps the ends of long output", "printf %0600d 1; printf %0600d 2", {}, { exitCode: 0, stdout: expect.stringContaining("bytes left out") }],
  ])("%s", async (_title, script, more, facts) => {
    const result = await sh(script, { ...more, parentDeathSignal });
    expect(result).toMatchObject({ aborted: false, timedOut: false, ...facts });
    expect(result.failedToStart).toBeUndefined();
  });

  test("says in a sentence that there is no such command", async () => {
    const result = await run("no-such-command", [], { ...options, parentDeathSignal }, never);
    expect(result.failedToStart).toBe(`cannot start no-such-command: no executable of that name in PATH (${path})`);
    expect(result.exitCode).toBeUndefined();
  });

  test("says in a sentence that a file cannot be executed", async () => {
    const file = join(folder, "not-a-program");
    writeFileSync(file, "#!/no/such/interpreter\n");
    chmodSync(file, 0o755);
    const result = await run(file, [], { ...options, parentDeathSignal }, never);
    expect(result.failedToStart).toMatch(new RegExp(`^cannot start ${file}: `));
    expect(result.exitCode).toBeUndefined();
  });
});

test("run survives 100 MB of output and keeps its ends", async () => {
  const result = await sh("echo first; head -c 100000000 /dev/zero; echo last", {});
  expect(result).toMatchObject({ exitCode: 0 });
  expect(result.stdout).toMatch(/^first\n.*bytes left out.*last\n$/s);
  expect(result.stdout.length).toBeLessThan(1_100);
});

test("run sends SIGTERM on an abort and waits for the child's own end", async () => {
  const abort = new AbortController();
  const ready = join(folder, "ready");
  const pending = sh(`trap 'echo bye; exit 9' TERM; touch ${ready}; while :; do sleep 0.01; done`, {}, abort.signal);
  await until(() => exists(ready));
  abort.abort(new Error("newer spec"));
  expect(await pending).toMatchObject({ exitCode: 9, stdout: "bye\n", aborted: true, timedOut: false });
});

test("run kills a child that ignores SIGTERM after the grace, with its whole group", async () => {
  const result = await sh(`trap '' TERM; echo $$; sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & wait; while :; do sleep 1; done`, {
    timeoutMs: 300,
    graceMs: 100,
  });
  expect(result).toMatchObject({ signal: "SIGKILL", timedOut: true, aborted: false });
  const pids = result.stdout.trim().split("\n").map(Number);
  expect(pids).toHaveLength(2);
  await until(() => pids.every((pid) => !alive(pid)));
});

test("run takes a time that is longer than any timer for one that does not pass", async () => {
  expect(await sh("sleep 0.1; echo done", { timeoutMs: 2 ** 40 })).toMatchObject({ exitCode: 0, stdout: "done\n", timedOut: false });
});

test("run does not wait for what a child leaves behind, and ends it", async () => {
  const result = await sh("sleep 1000 & echo $!");
  expect(result).toMatchObject({ exitCode: 0 });
  await until(() => !alive(Number(result.stdout)));
});

test("run starts nothing when it is aborted already", async () => {
  const reason = new Error("stopping");
  await expect(sh("exit 0", {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(started).toEqual([]);
});

test("run starts the child in a process group of its own", async () => {
  const result = await sh("cut -d' ' -f1,5 /proc/self/stat; echo $$");
  const [stat, pid] = result.stdout.trim().split("\n");
  expect(stat?.split(" ")[1]).toBe(pid);
  expect(Number(pid)).toBe(result.pid);
});

const parentScript = (how: string): string => `
  const { run } = await import(${JSON.stringify(new URL("process.ts", import.meta.url).href)});
  const { spawnLogged } = await import(${JSON.stringify(new URL("long-lived.ts", import.meta.url).href)});
  const options = { env: { PATH: ${JSON.stringify(path)} }, graceMs: 1000, maxOutputBytes: 100, parentDeathSignal: true };
  ${how}
  await new Promise((resolve) => setTimeout(resolve, 60_000));
`;
const exists = (file: string): boolean => {
  try {
    return readFileSync(file).byteLength >= 0;
  } catch {
    return false;
  }
};

test.each([
  ["run", `void run("sleep", ["1000"], { ...options, onSpawn: (pid) => console.log(pid) }, new AbortController().signal);`],
  ["spawnLogged", `console.log(spawnLogged({ ...options, command: "sleep", args: ["1000"], logFile: "/dev/null" }).pid);`],
])("a child of %s dies with a parent that is killed", async (_title, how) => {
  const logFile = join(folder, `parent-${_title}.log`);
  const parent = spawnLogged({
    command: process.execPath,
    args: ["--input-type=module", "-e", parentScript(how)],
    env: { PATH: path },
    logFile,
    parentDeathSignal: true,
  });
  started.push(parent.pid);
  await until(() => /^\d+$/m.test(readFileSync(logFile, "utf8")));
  const child = Number(/^\d+$/m.exec(readFileSync(logFile, "utf8"))?.[0]);
  await until(() => readFileSync(`/proc/${child}/comm`, "utf8") === "sleep\n");
  process.kill(parent.pid, "SIGKILL");
  expect(await parent.exited).toEqual({ code: null, signal: "SIGKILL" });
  await until(() => !alive(child));
});

test("spawnLogged appends output to the file, tells the end, and signals the group", async () => {
  const logFile = join(folder, "logged.log");
  writeFileSync(logFile, "before\n");
  const child = spawnLogged({
    command: "sh",
    args: ["-c", "echo out; echo err >&2; while :; do sleep 1; done"],
    env: { PATH: path },
    logFile,
    parentDeathSignal: true,
  });
  started.push(child.pid);
  await until(() => readFileSync(logFile, "utf8") === "before\nout\nerr\n");
  expect(child.kill("SIGTERM")).toBe(true);
  expect(await child.exited).toEqual({ code: null, signal: "SIGTERM" });
});

test("spawnLogged throws one sentence when there is no such command", () => {
  expect(() => spawnLogged({ command: "/no/such", args: [], env: {}, logFile: join(folder, "none"), parentDeathSignal: true })).toThrow(
    "cannot start /no/such: it is not an executable file",
  );
});
