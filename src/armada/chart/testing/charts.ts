import type { ReleaseRecord, ReleaseStatus, Revision } from "../../../helm/release.ts";
import type { ArtifactKeeper, ChartArtifact } from "../../../sources/source.ts";
import type { ArmadaChart } from "../../api/chart.ts";
import { RELEASE_NAME } from "../../names.ts";
import type { ReleaseObject } from "../../readiness/manifest.ts";
import type { Readiness } from "../../readiness/verdict.ts";
import { desiredObject } from "../../readiness/testing/objects.ts";
import { chart, estateOf } from "../../testing/estate.ts";
import type { ChartAction } from "../action.ts";
import type { ChartDecision } from "../decision/context.ts";
import { inputsDigest } from "../desired.ts";
import { notInstalled } from "../facts/not-installed.ts";
import type { ReadySource } from "../facts/source-facts.ts";
import type { ChartOutcome } from "../decision/journal.ts";
import type { ObservedObject } from "../objects/observed-object.ts";
import type { ChartObserved } from "../observed.ts";
import type { Ownership } from "../release/ownership.ts";
import type { SourceView } from "../source-view.ts";
import type { Writer } from "../release/writer.ts";

/** When these tests take place: 2026-03-01T12:00:00Z. */
export const NOW = 1_772_366_400_000;

export const ARTIFACT: ChartArtifact = {
  path: "/cache/x",
  digest: "sha256.0123",
  name: "x",
  version: "1.2.3",
  library: false,
  source: { resolved: "sha256.0123", fetchedAtMs: 0 },
};

/** Keeps whatever it is asked to. */
export const KEEPER: ArtifactKeeper = { hold: () => Promise.resolve(true), release: () => undefined };

/** A chart whose release name is recorded already. */
export const named = (parts: Parameters<typeof chart>[1] = {}): ArmadaChart =>
  chart("blog", { ...parts, metadata: { ...parts.metadata, annotations: { [RELEASE_NAME]: "blog", ...parts.metadata?.annotations } } });

/** What is seen of a chart for which there is no release yet and nothing to wait for; helm processes of operators have ended. */
export const facts = (of: ArmadaChart, over: Partial<ChartObserved> = {}): ChartObserved => ({
  ...notInstalled(of, { estate: estateOf(), view: READY, nowMs: NOW, epoch: "3-abc" }),
  writer: writerIn(over.record),
  ...over,
});

const READY: SourceView = { state: "ready", artifact: ARTIFACT, dependencies: [] };

/** A source that has this chart. */
export const ready = (of: ArmadaChart, over: Partial<ReadySource> = {}): ReadySource => {
  const release = { namespace: "site", name: of.spec.release };
  return { state: "ready", artifact: ARTIFACT, dependencies: [], inputsDigest: inputsDigest(of, release, ARTIFACT.digest), ...over };
};

const writerIn = (record: ReleaseRecord | undefined): Writer | undefined => {
  if (record === undefined || !record.newest.status.startsWith("pending-")) return undefined;
  return { is: record.newest.labelsCurrent ? "gone" : "somebody else's" };
};

/** A release of another chart, which runs. */
export const others: Extract<Ownership, { readonly of: "chart" }> = {
  of: "chart",
  name: "ArmadaChart other",
  sameChart: true,
  against: { together: false, stays: false },
  state: "deployed",
  message: "every object is ready",
};
/** A release of nobody, made from something else. */
export const nobodys: Extract<Ownership, { readonly of: "nobody" }> = { of: "nobody", agrees: false };

const isStatus = (text: string | undefined): text is ReleaseStatus =>
  ["deployed", "uninstalled", "superseded", "failed", "uninstalling", "pending-install", "pending-upgrade", "pending-rollback"].includes(text ?? "");

export const revisionOf = (of: ArmadaChart, revision: number, status: ReleaseStatus, over: Partial<Revision> = {}): Revision => {
  const inputs = inputsDigest(of, { namespace: "site", name: of.spec.release }, ARTIFACT.digest);
  return {
    revision,
    status,
    modifiedAtMs: NOW - 60_000,
    labels: { owner: of.metadata.uid, inputs, revision, epoch: "2-old" },
    labelsCurrent: true,
    secret: { name: `sh.helm.release.v1.blog.v${String(revision)}`, uid: `secret-${String(revision)}`, resourceVersion: "1" },
    ...over,
  };
};

/**
 * The chart's own release, a minute old, in a notation: `2 deployed`, or with words behind: `other` = of other inputs, `foreign` = made by
 * somebody else's helm, `once` = an earlier revision was deployed.
 */
export const released = (of: ArmadaChart, notation: string): Released => {
  const [number, status, ...words] = notation.split(" ");
  if (!isStatus(status)) throw new Error(`"${notation}" has no status`);
  const plain = revisionOf(of, Number(number), status);
  const labels = plain.labels === undefined ? undefined : { ...plain.labels, ...(words.includes("other") ? { inputs: "sha256.other" } : {}) };
  const newest: Revision = words.includes("foreign") ? { ...plain, labels, labelsCurrent: false } : { ...plain, labels };
  const record: ReleaseRecord = {
    release: { namespace: "site", name: of.spec.release },
    newest,
    revisions: [newest],
    everDeployed: status === "deployed" || words.includes("once"),
  };
  return { record, ownership: { of: "ours" }, chartName: { name: "x", version: "1.2.3" } };
};

type Released = Pick<ChartObserved, "ownership" | "chartName"> & { readonly record: ReleaseRecord };

/** `Deployment web` in a state of readiness; a word behind marks it. */
export const seen = (notation: string, state: Readiness["state"], over: Partial<ObservedObject> = {}): ObservedObject => {
  const [kind = "", name = ""] = notation.split(" ");
  const message = `${kind} ${name}: it is ${state}`;
  const readiness: Readiness = state === "ready" ? { state } : state === "failed" ? { state, reason: "Bad", message } : { state, message };
  return { object: desiredObject("v1", kind, { name }), readiness, ignored: false, done: "no", ...over };
};

/** Actions on the chart's release, as rows make them; `record`: what they were decided on. */
export const actionsOf = (of: ArmadaChart, record: ReleaseRecord = released(of, "1 deployed").record) => {
  const source = ready(of);
  return {
    install: { type: "install", replaces: undefined, source, because: "first installation" },
    replace: { type: "install", replaces: record, source, because: "revision 1 is failed" },
    upgrade: { type: "upgrade", record, source, because: "its inputs changed" },
    uninstall: { type: "uninstall", record, noHooks: false },
    unlock: { type: "unlock", record },
    purge: { type: "purge", record },
    restore: (...objects: readonly ReleaseObject[]) => ({ type: "restore", record, objects }) as const,
    prune: (...objects: readonly ReleaseObject[]) => ({ type: "prune", record, objects }) as const,
  } as const;
};

/** What became of an action that was decided on `observed`; with an error: it failed. Took two seconds, ended now. */
export const outcome = (of: ArmadaChart, observed: ChartObserved, action: ChartAction, error?: unknown): ChartOutcome => ({
  action,
  generation: of.metadata.generation,
  observed,
  startedAtMs: NOW - 2_000,
  finishedAtMs: NOW,
  warnings: [],
  ...(error === undefined ? {} : { error }),
});

const shown = (action: ChartAction): string => {
  if (action.type === "install") return action.replaces === undefined ? "install" : "install --replace";
  if (action.type !== "restore" && action.type !== "prune") return action.type;
  return `${action.type} ${action.objects.map(({ kind, name }) => `${kind} ${name}`).join(" ")}`;
};

/** `state Reason`, `*` when satisfied, `!` when stalled, and the actions: `running Upgrading: upgrade`. */
export const said = ({ verdict, actions }: ChartDecision): string => {
  const marks = `${verdict.satisfied ? "*" : ""}${verdict.stalled === true ? "!" : ""}`;
  return `${verdict.state} ${verdict.reason}${marks}${actions.length === 0 ? "" : `: ${actions.map(shown).join(", ")}`}`;
};
