import { quote } from "../net/remote-url.ts";

/** What somebody does about a link in a chart that is not followed. A link in `charts/` stands for a chart, which has ways of its own to come there. */
export const insteadOfLink = (path: string): string => {
  const subchart = /^charts\/([^/]+)$/.exec(path)?.[1];
  if (subchart === undefined) return "replace it with a copy of what it points to";
  const name = quote(subchart.replace(/\.tgz$/, ""));
  return `remove it, and list an ArmadaChart in spec.dependencies, or ${name} in the dependencies of Chart.yaml with a file:// repository`;
};
