/** Go's diffs of two objects, a line for each line of them: unified, and those of go-cmp, which older API servers print. */
const DIFFS =
  /\n(?:@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,\d{1,9})? @@|[ \u00A0]{2}[*&([\]]{0,4}[a-z]\w{0,30}\.[A-Z]\w{0,80}\)?\{)(?:\n(?:[ \u00A0+-][^\n]*|@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,\d{1,9})? @@))*/g;

/** `-     "NodeName": "node-1",` or `- 	NodeName: "node-1",` */
const CHANGED = /\n[+-][ \u00A0\t]*"?([A-Z]\w{0,60})"?:/g;

const MOST_FIELDS = 5;

/** A message without the diffs in it, which no sentence holds and in which values stand: the fields that differ are named instead. */
export const withoutDiffs = (text: string): string =>
  text.replaceAll(DIFFS, (diff) => {
    const fields = [...new Set([...diff.matchAll(CHANGED)].map(([, name = ""]) => asInManifests(name)))];
    const more = fields.length > MOST_FIELDS ? ", …" : "";
    return fields.length === 0 ? "" : ` (what differs: ${fields.slice(0, MOST_FIELDS).join(", ")}${more})`;
  });

/** Go's `NodeName` is `nodeName` in a manifest, but `TTY` is not. */
const asInManifests = (name: string): string => (/^[A-Z][a-z]/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name);
