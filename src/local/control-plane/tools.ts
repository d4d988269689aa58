import { findTool, readPins, toolsCache } from "./places.mjs";
import type { Env } from "./places.mjs";

/** Every tool that the embedded control plane and its user need. */
export const tools = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl", "helm"] as const;

export type Tool = (typeof tools)[number];

/** Absolute path of each tool. */
export type Tools = Readonly<Record<Tool, string>>;

/**
 * Finds what set-up has found, downloaded or built: an explicit folder (ARMADA_TOOLS_DIR, KUBEBUILDER_ASSETS), then the cache, each tool by itself.
 * Versions were checked by set-up. Throws one sentence when a tool is missing.
 */
export const findTools = (env: Env): Tools => {
  const pins = readPins();
  const missing: string[] = [];
  const path = (tool: Tool): string => {
    const found = findTool(env, pins, tool);
    if (found === undefined) missing.push(tool);
    return found?.path ?? "";
  };
  const found: Tools = {
    etcd: path("etcd"),
    "kube-apiserver": path("kube-apiserver"),
    "kube-controller-manager": path("kube-controller-manager"),
    "kube-scheduler": path("kube-scheduler"),
    kwok: path("kwok"),
    kubectl: path("kubectl"),
    helm: path("helm"),
  };
  if (missing.length === 0) return found;
  throw new Error(
    `Cannot find ${missing.join(", ")} in ${toolsCache(env, pins)}: run "node scripts/setup.mjs", or set ARMADA_TOOLS_DIR to a folder that holds them`,
  );
};
