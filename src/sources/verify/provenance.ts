import { createHash } from "node:crypto";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OldestOut } from "../../base/work/oldest-out.ts";
import { Semaphore } from "../../base/work/semaphore.ts";
import type { run } from "../../base/process/process.ts";
import { oneLine } from "../../base/text.ts";
import { goneFromCache } from "../archive/charts.ts";
import type { RawCache } from "../cache/raw.ts";
import { type SourceError, timedOut, verificationFailed } from "../errors.ts";

export interface ProvenanceVerifierOptions {
  readonly run: typeof run;
  /** Path of helm. */
  readonly helm: string;
  readonly raw: RawCache;
  readonly timeoutMs?: number;
}

export interface ProvenanceRequest {
  /** Digest of the archive, which is in the cache. */
  readonly digest: string;
  /** From its Chart.yaml: the provenance file names the archive after them. */
  readonly name: string;
  readonly version: string;
  readonly provenance: Uint8Array;
  readonly keyring: Uint8Array;
  /** Begins the messages. */
  readonly what: string;
}

const REMEMBERED = 1_000;
/** Each takes a helm, and a copy of the archive. */
const AT_ONCE = 2;

/** Asks helm whether somebody of a keyring signed an archive. Helm sees three files in a private folder and nothing else. */
export class ProvenanceVerifier {
  readonly #options: ProvenanceVerifierOptions;
  readonly #known = new OldestOut<string, string>(REMEMBERED);
  readonly #semaphore = new Semaphore(AT_ONCE);

  constructor(options: ProvenanceVerifierOptions) {
    this.#options = options;
  }

  /** Who signed it: `Jane <jane@example.com>, key …`. Rejects with `SourceError` when nobody did. */
  async verify(request: ProvenanceRequest, signal: AbortSignal): Promise<string> {
    const key = [request.digest, hash(request.provenance), hash(request.keyring)].join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const identity = await this.#semaphore.run(() => this.#options.raw.scratch((folder) => this.#ask(folder, request, signal)), signal);
    this.#known.set(key, identity);
    return identity;
  }

  async #ask(folder: string, request: ProvenanceRequest, signal: AbortSignal): Promise<string> {
    const { run: runChild, helm, timeoutMs = 60_000 } = this.#options;
    const { archive, keyring } = await this.#lay(folder, request);
    const options = { env: { HOME: folder, PATH: "" }, cwd: folder, graceMs: 1_000, maxOutputBytes: 64 * 1024, parentDeathSignal: true, timeoutMs };
    const result = await runChild(helm, ["verify", "--keyring", keyring, "--", archive], options, signal);
    signal.throwIfAborted();
    if (result.failedToStart !== undefined || result.timedOut || result.exitCode === undefined) throw notAsked(request.what, result.failedToStart);
    const identity = result.exitCode === 0 ? identityIn(result.stdout) : undefined;
    if (identity !== undefined) return identity;
    throw verificationFailed(`${request.what} is not signed by any key of the keyring in the Secret: ${saidIn(result.stderr, folder)}`);
  }

  /** The three files. */
  async #lay(folder: string, { digest, name, version, provenance, keyring, what }: ProvenanceRequest) {
    if (!/^[A-Za-z0-9][\w.+-]*$/.test(name + version))
      throw verificationFailed(`${what} cannot be verified: the name or version in its Chart.yaml has unsupported characters`);
    const places = { archive: join(folder, `${name}-${version}.tgz`), keyring: join(folder, "keyring.gpg") };
    await this.#options.raw.use(digest, async (file) => {
      if (file === undefined) throw goneFromCache(what);
      await copyFile(file, places.archive);
    });
    await writeFile(`${places.archive}.prov`, provenance, { mode: 0o600 });
    await writeFile(places.keyring, binaryKeyring(keyring, what), { mode: 0o600 });
    return places;
  }
}

const identityIn = (stdout: string): string | undefined => {
  const names = [...stdout.matchAll(/^Signed by: *(.+)$/gm)].map(([, name = ""]) => name.trim());
  const fingerprint = /^Using Key With Fingerprint: *([0-9A-F]+)/m.exec(stdout)?.[1];
  return fingerprint === undefined ? undefined : [...names.toSorted(), `key ${fingerprint}`].join(", ");
};

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Helm reads binary keyrings only. */
const binaryKeyring = (keyring: Uint8Array, what: string): Uint8Array => {
  const text = Buffer.from(keyring).toString("latin1");
  if (text.includes("PRIVATE KEY BLOCK"))
    throw verificationFailed(`${what} cannot be verified: the keyring in the Secret contains a private key: use public keys only`);
  return text.includes(BEGIN) ? dearmor(text.split(/\r?\n/)) : keyring;
};

const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/** Base64 between the blank line after the headers and the checksum (`=abcd`), of all blocks. */
const dearmor = (lines: readonly string[]): Uint8Array => {
  const keys: Buffer[] = [];
  for (let begin = lines.indexOf(BEGIN); begin >= 0; begin = lines.indexOf(BEGIN, begin + 1)) {
    const end = lines.findIndex((line, index) => index > begin && line.startsWith("-----END"));
    const block = lines.slice(begin + 1, end < 0 ? lines.length : end);
    const body = block.slice(block.findIndex((line) => line.trim() === "") + 1).filter((line) => !line.startsWith("="));
    keys.push(Buffer.from(body.join(""), "base64"));
  }
  return Buffer.concat(keys);
};

const saidIn = (stderr: string, folder: string): string =>
  oneLine(stderr)
    .replace(/^Error: /, "")
    .replaceAll(`${folder}/`, "")
    .slice(0, 500);

const notAsked = (what: string, why: string | undefined): SourceError =>
  timedOut(`${what} cannot be verified now: ${why ?? "helm did not end in time"}; it will be retried`);
