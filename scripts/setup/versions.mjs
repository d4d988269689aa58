import { run } from "./child.mjs";

/** What makes a tool say its version. */
const argumentsFor = { kubectl: ["version", "--client"], helm: ["version", "--short"] };

/** The first version in a text, as three numbers; an absent patch is 0. */
export const parseVersion = (text) => {
  const match = /v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
};

const equalParts = (a, b, count) => a !== undefined && b !== undefined && a.slice(0, count).every((part, index) => part === b[index]);

/** Ours must be the pinned version; one from an explicit folder may differ in the patch, or in the minor version where the pin allows it. */
export const isAccepted = (pin, answer, { explicit }) => {
  const parts = explicit ? { minor: 2, major: 1 }[pin.accepts] : 3;
  return equalParts(parseVersion(answer), parseVersion(pin.version), parts);
};

/** For people: `1.36.x`, `3.x`. */
export const acceptedText = (pin) => {
  const [major, minor] = parseVersion(pin.version);
  return pin.accepts === "minor" ? `${major}.${minor}.x` : `${major}.x`;
};

/** What a tool answers when asked for its version: the version, or undefined when it does not answer. */
export const askVersion = async (tool, path) => {
  const { code, stdout } = await run(path, argumentsFor[tool] ?? ["--version"], { env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent" } });
  return code === 0 ? parseVersion(stdout)?.join(".") : undefined;
};
