import { gzipSync } from "node:zlib";
import { Header } from "tar";

/** One entry of a tar archive, honest or not. */
export interface TestEntry {
  readonly path: string;
  readonly text?: string | Uint8Array;
  readonly type?: "File" | "Directory" | "Link" | "SymbolicLink" | "CharacterDevice" | "BlockDevice" | "FIFO";
  readonly linkpath?: string;
  /** Said in the header instead of the real size. */
  readonly size?: number;
}

/** The bytes of a tar archive with these entries, as they stand: nothing is made right. Names longer than 100 characters get a GNU long name. */
export const tarOf = (entries: readonly TestEntry[]): Buffer => Buffer.concat([...entries.flatMap((entry) => blocksOf(entry)), Buffer.alloc(1024)]);

export const tgzOf = (entries: readonly TestEntry[]): Buffer => gzipSync(tarOf(entries));

/** A gzipped archive of files by name, as `helm package` makes it. */
export const chartTgz = (files: Readonly<Record<string, string>>): Buffer => tgzOf(Object.entries(files).map(([path, text]) => ({ path, text })));

const blocksOf = ({ path, text = "", type = "File", linkpath, size }: TestEntry): readonly Buffer[] => {
  const body = Buffer.from(text);
  return [
    ...(Buffer.byteLength(path) > 100 ? [header("././@LongLink", "L", Buffer.byteLength(path) + 1), padded(Buffer.from(`${path}\0`))] : []),
    header(path, type, size ?? body.byteLength, linkpath),
    padded(body),
  ];
};

const header = (path: string, type: string, size: number, linkpath?: string): Buffer => {
  const block = Buffer.alloc(512);
  const made = new Header({
    path: path.slice(0, 99),
    mode: 0o777,
    size,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    ...(linkpath === undefined ? {} : { linkpath }),
  });
  made.encode(block, 0);
  block.write(TYPES[type] ?? type, 156, "latin1");
  block.write(path.slice(0, 100).padEnd(100, "\0"), 0, "latin1");
  block.fill(0, 345, 500);
  return withChecksum(block);
};

const TYPES: Readonly<Record<string, string>> = {
  File: "0",
  Link: "1",
  SymbolicLink: "2",
  CharacterDevice: "3",
  BlockDevice: "4",
  Directory: "5",
  FIFO: "6",
};

const withChecksum = (block: Buffer): Buffer => {
  block.write("        ", 148, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
};

const padded = (body: Buffer): Buffer => Buffer.concat([body, Buffer.alloc((512 - (body.byteLength % 512)) % 512)]);
