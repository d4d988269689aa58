/** ` (ns/x is in another namespace: …)`: objects that would count if they were nearer; empty when there are none. `names`: `namespace/name`. */
export const outOfReach = (names: readonly string[]): string => {
  if (names.length === 0) return "";
  const are = names.length === 1 ? "is in another namespace" : "are in other namespaces";
  return ` (${names.join(", ")} ${are}: that needs --cross-namespace=allow)`;
};
