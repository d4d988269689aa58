import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Secrets that nobody else has, and a look at where they are: whenever the operator starts helm, git or ssh, and whenever a test asks, command lines
 * and environments of all processes are searched for them, and the operator's files.
 */
export interface Canaries {
  /** A new secret. */
  make(): string;
  /** A secret that is there already; of PEM each line of its body counts. */
  watch(secret: string): string;
  /** Folder with the programs `helm`, `git` and `ssh`: each looks, and becomes the real one. */
  readonly programs: string;
  /** The operator's state folder and its temporary folder. */
  readonly stateDir: string;
  readonly temporary: string;
  /** What is found now: `cmdline helm`, `environ git`, `file 600 state/git/…`. */
  look(): readonly string[];
  /** What was found so far, each once; and `ran git` of each program that was started. */
  found(): readonly string[];
  /** Those of the secrets' forms that a text has. */
  in(text: string): readonly string[];
}

const PROGRAMS = ["git", "ssh"];

export const createCanaries = (folder: string, helm: string): Canaries => {
  const forms = new Set<string>();
  const at = (name: string): string => join(folder, name);
  for (const name of ["programs", "state", "tmp"]) mkdirSync(at(name), { mode: 0o700 });
  writeFileSync(at("forms"), "");
  writeFileSync(at("seen"), "");
  writeFileSync(at("look"), lookScript(folder));
  const lines = (): readonly string[] => readFileSync(at("seen"), "utf8").split("\n").slice(0, -1);
  const look = `/usr/bin/env -i /bin/sh ${at("look")}`;
  for (const [name, real] of [["helm", helm], ...PROGRAMS.map((program) => [program, `/usr/bin/${program}`])]) {
    writeFileSync(at(`programs/${name}`), `#!/bin/sh\necho "ran ${name}" >> ${at("seen")}\n${look} </dev/null >/dev/null\nexec ${real} "$@"\n`);
    chmodSync(at(`programs/${name}`), 0o755);
  }
  const watch = (secret: string): string => {
    for (const part of secret.includes("-----BEGIN") ? linesOf(secret) : [secret]) for (const form of formsOf(part)) forms.add(form);
    writeFileSync(at("forms"), [...forms].map((form) => `${form}\n`).join(""));
    return secret;
  };
  return {
    make: () => watch(`canary-${randomBytes(12).toString("hex")}`),
    watch,
    programs: at("programs"),
    stateDir: at("state"),
    temporary: at("tmp"),
    look: () => {
      const before = lines().length;
      execFileSync("/bin/sh", [at("look")], { env: {} });
      return lines().slice(before);
    },
    found: () => [...new Set(lines())],
    in: (text) => [...forms].filter((form) => text.includes(form)),
  };
};

/** A process may end, or a file go, while it is looked at: then it is not told of. */
const lookScript = (folder: string): string => `
exec 2>/dev/null
cd ${folder} || exit 0
for what in cmdline environ; do
  for file in $(/bin/grep -laF -f forms /proc/[0-9]*/$what); do
    name=$(/bin/cat "\${file%/*}/comm") && echo "$what $name" >> seen
  done
done
/bin/grep -rlaF -f forms state tmp | while read -r file; do
  mode=$(/usr/bin/stat -c %a "$file") && echo "file $mode $file" >> seen
done
exit 0
`;

/** The body of PEM, the first lines of which are alike in all keys. */
const linesOf = (pem: string): readonly string[] =>
  pem
    .split("\n")
    .filter((line) => line.length > 40 && !line.startsWith("-----"))
    .slice(1);

/** As it is, and what base64 makes of it wherever it stands in a text. */
const formsOf = (secret: string): readonly string[] => [secret, ...[0, 1, 2].map((shift) => base64At(secret, shift))];

/** Without the characters that neighbours have a part in. */
const base64At = (secret: string, shift: number): string => {
  const whole = Buffer.from(`${" ".repeat(shift)}${secret}`)
    .toString("base64")
    .replaceAll("=", "");
  return whole.slice(shift === 0 ? 0 : shift + 1, -2);
};
