/**
 * `npm run crash-sweep`: every scenario with a crash, then with an abort, at every point where the operator waits for something.
 * `npm run crash-sweep -- --scenario install --point 17 --mode crash` runs one trial again; a point may be given by its name too.
 */
import { Command, Option } from "commander";
import { choice, parseArguments, wrong } from "../../src/apps/arguments.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { startSweepSite } from "./site.ts";
import { baselineOf, sweep, type Baseline, type Verdict } from "./sweep.ts";
import { MODES, type Fault, type Mode } from "./trial.ts";

interface Options {
  readonly scenarios: readonly string[];
  /** Number, from 1, or name. */
  readonly point: string | undefined;
  readonly modes: readonly Mode[];
  readonly jobs: number;
}

const parseOptions = (args: readonly string[]) => {
  const names = Object.keys(SCENARIOS);
  const command = new Command("npm run crash-sweep --")
    .description("Injects a crash, then an abort, at every point where the operator waits for something, on a real control plane.")
    .addOption(new Option("--scenario <name>", `one of ${names.join(", ")}`).argParser(choice(names)))
    .addOption(new Option("--mode <mode>", MODES.join(" or ")).argParser(choice(MODES)))
    .option("--point <n>", "number or name of one point")
    .option("--jobs <n>", "trials at once", "4");
  return parseArguments(command, args, () => {
    const given = command.opts<{ readonly scenario?: string; readonly mode?: Mode; readonly point?: string; readonly jobs: string }>();
    if (!/^[1-9]\d?$/u.test(given.jobs)) throw wrong(`--jobs is "${given.jobs}": give a number from 1 to 99`);
    if (given.point !== undefined && given.scenario === undefined) throw wrong("--point needs --scenario");
    const options: Options = {
      scenarios: given.scenario === undefined ? names : [given.scenario],
      modes: given.mode === undefined ? MODES : [given.mode],
      point: given.point,
      jobs: Number(given.jobs),
    };
    return { options };
  });
};

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const secondsSince = (startedMs: number): string => `${((systemClock.monotonic() - startedMs) / 1000).toFixed(0)} s`;

const faultsOf = ({ points }: Baseline, { modes, point }: Options): readonly Fault[] => {
  const chosen = point === undefined ? points : points.filter((name, index) => name === point || String(index + 1) === point);
  return modes.flatMap((mode) => chosen.map((name) => ({ mode, point: name })));
};

const show = ({ name, points }: Baseline, { fault, surplus, tookMs, failure }: Verdict): void => {
  const at = `--scenario ${name} --mode ${fault.mode} --point ${String(points.indexOf(fault.point) + 1)}`;
  if (failure !== undefined) print(`FAILED ${at}  (${fault.point}, surplus ${String(surplus)}, ${(tookMs / 1000).toFixed(1)} s)\n${failure}\n`);
};

/** Booted anew for each scenario: what earlier trials leave makes the later ones slower. */
const runScenario = async (name: string, scenario: Scenario, options: Options): Promise<readonly Verdict[]> => {
  const startedMs = systemClock.monotonic();
  const site = await startSweepSite();
  try {
    const baseline = await baselineOf(site, name, scenario);
    const faults = faultsOf(baseline, options);
    print(`${name}: ${String(baseline.points.length)} points, ${String(faults.length)} trials, helm runs undisturbed: ${String(baseline.helmRuns)}`);
    if (options.point !== undefined) for (const { point } of faults) print(`  ${point}`);
    let count = 0;
    const onVerdict = (verdict: Verdict): void => {
      count += 1;
      show(baseline, verdict);
      if (count % 25 === 0) print(`${name}: ${String(count)} of ${String(faults.length)}, ${secondsSince(startedMs)}`);
    };
    const verdicts = await sweep(site, baseline, { faults, jobs: options.jobs, onVerdict });
    print(`${summaryOf(name, verdicts)}, ${secondsSince(startedMs)}`);
    return verdicts;
  } finally {
    await site.stop();
  }
};

const summaryOf = (what: string, verdicts: readonly Verdict[]): string => {
  const struck = verdicts.filter((verdict) => verdict.struck);
  const of = (mode: Mode): string => String(struck.filter(({ fault }) => fault.mode === mode).length);
  const failed = verdicts.filter(({ failure }) => failure !== undefined).length;
  const worst = Math.max(0, ...verdicts.map(({ surplus }) => surplus));
  return `${what}: ${of("crash")} crashes, ${of("abort")} aborts, ${String(verdicts.length - struck.length)} not met; ${String(failed)} failed; worst helm surplus ${String(worst)}`;
};

const main = async (options: Options): Promise<boolean> => {
  const startedMs = systemClock.monotonic();
  const verdicts: Verdict[] = [];
  for (const name of options.scenarios) {
    const scenario = SCENARIOS[name];
    if (scenario !== undefined) verdicts.push(...(await runScenario(name, scenario, options)));
  }
  print(`${summaryOf("all", verdicts)}, ${secondsSince(startedMs)}`);
  return verdicts.length > 0 && verdicts.every(({ failure }) => failure === undefined);
};

const parsed = parseOptions(process.argv.slice(2));
if ("exitCode" in parsed) {
  print(parsed.text);
  process.exitCode = parsed.exitCode;
} else {
  process.exitCode = (await main(parsed.options)) ? 0 : 1;
}
