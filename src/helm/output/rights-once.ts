/** One object that somebody has no right to, as RBAC says it; every repetition has an end. */
const LACKS =
  /([; ,\n\t*]{0,12})\b([a-z][\w.-]{0,253}) "([\w.:-]{1,253})" is forbidden: (User "[^"\n]{1,300}" cannot [a-z]{1,30} resource "[\w./-]{1,253}" in API group "[\w.-]{0,253}"(?: in the namespace "[a-z0-9-]{1,63}"| at the cluster scope)?)/g;

/** The same right is missing for one object after the other: it is said of the first, with how many more there are. */
export const rightsOnce = (text: string): string => {
  const counts = new Map<string, number>();
  for (const [, , resource = "", , right = ""] of text.matchAll(LACKS)) count(counts, `${resource} ${right}`);
  const said = new Set<string>();
  return text.replaceAll(LACKS, (sentence: string, _gap: string, resource: string, _name: string, right: string) => {
    const key = `${resource} ${right}`;
    if (said.has(key)) return "";
    said.add(key);
    const others = (counts.get(key) ?? 1) - 1;
    return others === 0 ? sentence : `${sentence} (and ${String(others)} more of them)`;
  });
};

const count = (counts: Map<string, number>, key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
