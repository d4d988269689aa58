/** How each source of tools.json is built: its Go module, the package of a tool, and what the linker writes into the binary. */
export const recipes = {
  helm: {
    module: "helm.sh/helm/v3",
    packageOf: () => "helm.sh/helm/v3/cmd/helm",
    variables: (version) => ({ "helm.sh/helm/v3/internal/version.version": `v${version}` }),
  },
  kubernetes: {
    module: "k8s.io/kubernetes",
    packageOf: (tool) => `k8s.io/kubernetes/cmd/${tool}`,
    // Without these the server calls itself v0.0.0-master, and charts that ask for a Kubernetes version refuse to install.
    variables: (version) => ({
      "k8s.io/component-base/version.gitVersion": `v${version}`,
      "k8s.io/component-base/version.gitMajor": version.split(".")[0],
      "k8s.io/component-base/version.gitMinor": version.split(".")[1],
    }),
    /** The module requires its staging modules at v0.0.0; they are published as v0.MINOR.PATCH. Its other modules keep their versions. */
    replaces: (version, goMod) => {
      const [, minor, patch] = version.split(".");
      const staging = [...goMod.matchAll(/^\s+(k8s\.io\/[a-z0-9-]+) v0\.0\.0$/gm)].map((match) => match[1]);
      return staging.map((module) => `replace ${module} => ${module} v0.${minor}.${patch}`);
    },
  },
  etcd: { module: "go.etcd.io/etcd/server/v3", packageOf: () => "go.etcd.io/etcd/server/v3", variables: () => ({}) },
  kwok: { module: "sigs.k8s.io/kwok", packageOf: () => "sigs.k8s.io/kwok/cmd/kwok", variables: () => ({}) },
};

/** go.mod of a module that has nothing of its own and depends on the source: `go install` refuses sources with `replace` lines. */
export const wrapperGoMod = (recipe, { version, goVersion, goMod }) =>
  [
    `module armada-operator.invalid/tools`,
    ``,
    `go ${goVersion.replace(/^go/, "")}`,
    ``,
    `require ${recipe.module} v${version}`,
    ``,
    ...(recipe.replaces?.(version, goMod) ?? []),
    ``,
  ].join("\n");

export const linkerFlags = (recipe, version) =>
  ["-s -w", ...Object.entries(recipe.variables(version)).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
