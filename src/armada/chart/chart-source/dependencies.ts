import type { ArmadaChart } from "../../api/chart.ts";
import { problemOf } from "../../api/refuse.ts";
import { dependencyNames, type Estate } from "../../estate/estate.ts";
import { outOfReach } from "../../estate/out-of-reach.ts";

/** Charts in one another's charts/, the outermost included. */
export const DEPTH_MAX = 16;

/** What a name in `spec.dependencies` means. */
export type Dependency =
  | { readonly name: string; readonly is: "chart"; readonly chart: ArmadaChart }
  /** No ArmadaChart: a folder below a chart root, if there is one, else what charts/ holds. `outOfReach`: `namespace/name` of ArmadaCharts that the flag keeps apart. */
  | { readonly name: string; readonly is: "folder"; readonly outOfReach: readonly string[] };

export type FolderDependency = Extract<Dependency, { readonly is: "folder" }>;

/** A chart and what comes into its charts/, in order; or one sentence on why nobody can tell. */
export type Step =
  { readonly chart: ArmadaChart; readonly places: readonly Dependency[] } | { readonly chart: ArmadaChart; readonly problem: string };

/** Everything that must be read for a chart, each once, what is placed before that which it is placed in: the chart itself comes last. */
export const planOf = (chart: ArmadaChart, estate: Pick<Estate, "crossNamespace" | "dependency">): readonly Step[] => {
  const steps: Step[] = [];
  /** How many charts are in one another, from each chart on. */
  const depths = new Map<string, number>();
  /** Returns the sentence that stops the whole. */
  const visit = (of: ArmadaChart, path: readonly ArmadaChart[]): string | undefined => {
    const here = [...path, of];
    const circle = path.findIndex(({ metadata }) => metadata.uid === of.metadata.uid);
    if (circle >= 0) return goesRound(here.slice(circle));
    if (path.length + (depths.get(of.metadata.uid) ?? 1) > DEPTH_MAX)
      return `more than ${String(DEPTH_MAX)} charts depend on each other: ${trail(here)}`;
    if (depths.has(of.metadata.uid)) return undefined;
    const step = stepOf(of, estate);
    const inner = "problem" in step ? [] : step.places.flatMap((place) => (place.is === "chart" ? [place.chart] : []));
    for (const each of inner) {
      const problem = visit(each, here);
      if (problem !== undefined) return problem;
    }
    depths.set(of.metadata.uid, 1 + Math.max(0, ...inner.map(({ metadata }) => depths.get(metadata.uid) ?? 0)));
    steps.push(step);
    return undefined;
  };
  const problem = visit(chart, []);
  return problem === undefined ? steps : [{ chart, problem }];
};

const stepOf = (chart: ArmadaChart, estate: Pick<Estate, "crossNamespace" | "dependency">): Step => {
  const refusal = problemOf(chart);
  if (refusal !== undefined) return { chart, problem: `ArmadaChart ${chart.metadata.name} is refused: ${refusal}` };
  const places: Dependency[] = [];
  for (const name of dependencyNames(chart)) {
    const { chart: meant, namesakes } = estate.dependency(chart, name);
    const others = namesakes.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`).sort();
    if (meant !== undefined) places.push({ name, is: "chart", chart: meant });
    else if (estate.crossNamespace && others.length > 0) return { chart, problem: ambiguous(name, others) };
    else places.push({ name, is: "folder", outOfReach: others });
  }
  return { chart, places };
};

const ambiguous = (name: string, others: readonly string[]): string =>
  `ArmadaChart ${name}, which spec.dependencies names, is not in this namespace and there are several elsewhere: ${others.join(", ")}; give the one you mean a unique name`;

const trail = (path: readonly ArmadaChart[]): string => path.map(({ metadata }) => metadata.name).join(" → ");

const goesRound = (circle: readonly ArmadaChart[]): string =>
  `charts depend on each other: ${trail(circle)}; remove one of them from spec.dependencies`;

/** One sentence: two dependencies are charts of one name, and only one can be placed under it. */
export const namesakesAmong = (placed: readonly { readonly dependency: string; readonly chart: string }[]): string | undefined => {
  for (const [index, { dependency, chart }] of placed.entries()) {
    const earlier = placed.slice(0, index).find((other) => other.chart === chart);
    if (earlier !== undefined)
      return `spec.dependencies names "${earlier.dependency}" and "${dependency}", and both are the chart ${JSON.stringify(chart)} by their Chart.yaml: name one of them`;
  }
  return undefined;
};

/** What is waited for, and what to do about it. `because`: why its Chart.yaml does not bring it. */
export const missingSentence = (
  { name, outOfReach: others }: FolderDependency,
  { namespace, roots, because }: { readonly namespace: string; readonly roots: readonly string[]; readonly because?: string | undefined },
): string => {
  const reason = because === undefined ? "" : `; and the repository in its Chart.yaml cannot be used: ${because}`;
  return `there is no ArmadaChart ${name} in namespace "${namespace}", no folder of that name below ${roots.join(", ")}, and the chart does not contain it in charts/: create one of them${outOfReach(others)}${reason}`;
};
