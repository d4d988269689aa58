import { isRecord } from "../../base/json/json.ts";
import { RELEASE_SECRET } from "../release.ts";
import { DamagedRecordError, decodeRecord, type RawRelease } from "./encoding.ts";

/** A release Secret as helm sends it to the API server. */
export interface WrittenRelease {
  /** Of the Secret. */
  readonly name: string;
  readonly release: RawRelease;
}

/** Helm's own documents: objects, and hooks. */
export const documentsIn = (release: RawRelease): readonly string[] => {
  const { manifest, hooks } = release;
  const all = [manifest, ...(Array.isArray(hooks) ? hooks.map((hook: unknown) => (isRecord(hook) ? hook["manifest"] : undefined)) : [])];
  return all.filter((text) => typeof text === "string");
};

/** The release in the body of a request that writes a Secret; undefined when it is another Secret. Rejects with {@link DamagedRecordError}. */
export const writtenRelease = async (body: Buffer, contentType: string): Promise<WrittenRelease | undefined> => {
  const secret = contentType.includes("protobuf") ? fromProtobuf(body) : fromJson(body);
  if (secret.type !== RELEASE_SECRET) return undefined;
  return { name: secret.name, release: await decodeRecord(secret.release) };
};

interface Secret {
  readonly name: string;
  readonly type: string;
  /** Of the key `release`, in base64. */
  readonly release: string;
}

const fromJson = (body: Buffer): Secret => {
  const secret = jsonOf(body);
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const [metadata, data] = [secret["metadata"], secret["data"]].map((part) => (isRecord(part) ? part : {}));
  return { name: text(metadata?.["name"]), type: text(secret["type"]), release: text(data?.["release"]) };
};

const jsonOf = (body: Buffer): Readonly<Record<string, unknown>> => {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(parsed)) return parsed;
  } catch {
    // Said below, without its text: it holds values.
  }
  throw new DamagedRecordError("what is to be written is no Secret");
};

/** `k8s\0`, then `runtime.Unknown`, whose `raw` is a `v1.Secret`. */
const fromProtobuf = (body: Buffer): Secret => {
  if (body.subarray(0, 4).toString("latin1") !== "k8s\0") throw new DamagedRecordError("what is to be written is not what Kubernetes sends");
  const secret = fieldsOf(lastOf(fieldsOf(body.subarray(4)), 2));
  const entries = secret.filter(({ number }) => number === 2).map(({ bytes }) => fieldsOf(bytes));
  const release = entries.find((entry) => lastOf(entry, 1).toString("utf8") === "release");
  return {
    name: lastOf(fieldsOf(lastOf(secret, 1)), 1).toString("utf8"),
    type: lastOf(secret, 3).toString("utf8"),
    release: release === undefined ? "" : lastOf(release, 2).toString("base64"),
  };
};

interface Field {
  readonly number: number;
  readonly bytes: Buffer;
}

const EMPTY = Buffer.alloc(0);

const lastOf = (fields: readonly Field[], number: number): Buffer => fields.findLast((field) => field.number === number)?.bytes ?? EMPTY;

const [VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES] = [0, 1, 2, 5];

/** The fields of a message that have bytes; numbers are passed over. */
const fieldsOf = (message: Buffer): readonly Field[] => {
  const fields: Field[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    const wire = tag.value % 8;
    if (wire === DELIMITED) {
      const length = varint(message, tag.end);
      at = length.end + length.value;
      fields.push({ number: Math.floor(tag.value / 8), bytes: message.subarray(length.end, at) });
    } else if (wire === VARINT) at = varint(message, tag.end).end;
    else if (wire === EIGHT_BYTES || wire === FOUR_BYTES) at = tag.end + (wire === EIGHT_BYTES ? 8 : 4);
    else throw new DamagedRecordError("what is to be written is not what Kubernetes sends");
    if (at > message.length) throw new DamagedRecordError("what is to be written ends too soon");
  }
  return fields;
};

/** As a float: lengths and tags are far below 2^53, and other numbers do not count. */
const varint = (bytes: Buffer, start: number): { readonly value: number; readonly end: number } => {
  let value = 0;
  for (let at = start, factor = 1; at < bytes.length; at++, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte % 128) * factor;
    if (byte < 128) return { value, end: at + 1 };
  }
  throw new DamagedRecordError("what is to be written ends too soon");
};
