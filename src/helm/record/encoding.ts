import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { CostlyJsonError, refuseCostlyJson } from "../../base/json/json-cost.ts";
import { MAX_DEPTH } from "../../base/json/held-json.ts";
import { messageOf } from "../../base/errors.ts";
import { isRecord } from "../../base/json/json.ts";
import type { ReleaseContent } from "../release.ts";
import { parseStatus } from "./revision.ts";

/** What is used of a release record's body. */
export interface StoredRelease extends Omit<ReleaseContent, "labelled"> {
  /** Names of the hooks that helm has started and not yet seen the end of. After SIGKILL, and after an uninstall was ended, they stay here. */
  readonly hooksRunning: readonly string[];
}

/** The body of a release Secret is not a release; helm cannot read it either. */
export class DamagedRecordError extends Error {
  override readonly name = "DamagedRecordError";
}

/** The body of a release Secret is larger than this program reads; helm may read it. */
export class CostlyRecordError extends DamagedRecordError {}

/** A whole `release.Release`, as JSON. */
export type RawRelease = Readonly<Record<string, unknown>>;

const maxReleaseBytes = 32 * 1024 * 1024;
/** Of a whole record, keys not counted; templates and the manifest are one value each. */
const maxReleaseValues = 200_000;
const unzip = promisify(gunzip);
const zip = promisify(gzip);

/**
 * Decodes `data.release` of a Secret: base64 (Kubernetes) of base64 (helm) of gzip of JSON; at most 32 MiB when unpacked.
 * Helm holds every number as a float64 and writes it as JavaScript does, so nothing is lost on the way back. Rejects with {@link DamagedRecordError}.
 */
export const decodeRecord = async (data: string): Promise<RawRelease> => {
  const packed = Buffer.from(Buffer.from(data, "base64").toString("latin1"), "base64");
  try {
    const text = isGzip(packed) ? await unzip(packed, { maxOutputLength: maxReleaseBytes }) : packed;
    await refuseCostlyJson(text, { depth: MAX_DEPTH, values: maxReleaseValues });
    const release: unknown = JSON.parse(text.toString("utf8"));
    if (isRecord(release)) return release;
  } catch (error) {
    // Not the error itself as cause: a JSON error quotes the text, and the text holds values.
    if (error instanceof CostlyJsonError) throw new CostlyRecordError(`the release record is not read: ${error.message}`);
    throw new DamagedRecordError(
      `the release record cannot be read: ${error instanceof SyntaxError ? "it does not contain JSON" : messageOf(error)}`,
    );
  }
  throw new DamagedRecordError("the release record cannot be read: it does not contain a JSON object");
};

/** The inverse of {@link decodeRecord}, packed as helm packs it. */
export const encodeRecord = async (release: RawRelease): Promise<string> => {
  const packed = await zip(JSON.stringify(release), { level: constants.Z_BEST_COMPRESSION });
  return Buffer.from(packed.toString("base64"), "latin1").toString("base64");
};

/** Throws {@link DamagedRecordError} when what makes a release is missing. */
export const contentOf = (release: RawRelease): StoredRelease => {
  const info = recordOf(release["info"]);
  const chart = recordOf(recordOf(release["chart"])["metadata"]);
  const revision = release["version"];
  const name = textOf(release["name"]);
  if (name === "" || typeof revision !== "number") throw new DamagedRecordError("the release record cannot be read: it has no name or no version");
  return {
    name,
    namespace: textOf(release["namespace"]),
    revision,
    status: parseStatus(textOf(info["status"])),
    description: textOf(info["description"]),
    chart: { name: textOf(chart["name"]), version: textOf(chart["version"]) },
    manifest: textOf(release["manifest"]),
    hooksRunning: hooksRunning(release),
  };
};

/** See {@link StoredRelease.hooksRunning}. */
export const hooksRunning = (release: RawRelease): readonly string[] =>
  hooksOf(release).flatMap((hook) => (recordOf(hook["last_run"])["phase"] === "Running" ? [textOf(hook["name"])] : []));

/** Their manifests as one. */
export const hooksManifest = (release: RawRelease): string =>
  hooksOf(release)
    .map((hook) => `---\n${textOf(hook["manifest"])}\n`)
    .join("");

/** The release as it must read for helm to go on after an operation that died: failed, and no hook running. */
export const asFailed = (release: RawRelease, description: string): RawRelease => ({
  ...release,
  info: { ...recordOf(release["info"]), status: "failed", description },
  ...("hooks" in release ? { hooks: hooksOf(release).map(withoutRunning) } : {}),
});

/** helm writes `Unknown` here when it is cancelled in a hook. */
const withoutRunning = (hook: RawRelease): RawRelease => {
  const last = recordOf(hook["last_run"]);
  return last["phase"] === "Running" ? { ...hook, last_run: { ...last, phase: "Unknown" } } : hook;
};

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;

const recordOf = (value: unknown): RawRelease => (isRecord(value) ? value : {});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const hooksOf = (release: RawRelease): readonly RawRelease[] => (Array.isArray(release["hooks"]) ? release["hooks"].filter(isRecord) : []);
