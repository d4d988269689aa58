/** Where projects publish, and the variable that names a mirror with the same layout. */
const publishers = {
  kubernetes: { variable: "ARMADA_K8S_MIRROR", url: "https://dl.k8s.io" },
  helm: { variable: "ARMADA_HELM_MIRROR", url: "https://get.helm.sh" },
  github: { variable: "ARMADA_GITHUB_MIRROR", url: "https://github.com" },
  githubApi: { variable: "ARMADA_GITHUB_API_MIRROR", url: "https://api.github.com" },
};

const architectures = { x64: "amd64", arm64: "arm64" };

/** Without a slash at its end. */
const baseOf = (publisher, env) => {
  const { variable, url } = publishers[publisher];
  const base = env[variable] || url;
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new Error(`${variable} is ${JSON.stringify(base)}: set it to an http or https URL, or unset it`);
  return base.replace(/\/+$/, "");
};

/** By source of tools.json: address of a tool, of what tells its SHA-256 and how, and in an archive the path of the tool. */
const layouts = {
  kubernetes: ({ tool, version, arch, base }) => {
    const url = `${base("kubernetes")}/release/v${version}/bin/linux/${arch}/${tool}`;
    return { url, checksum: { url: `${url}.sha256`, read: sumIn } };
  },
  etcd: ({ version, arch, base }) => {
    const folder = `${base("github")}/etcd-io/etcd/releases/download/v${version}`;
    const name = `etcd-v${version}-linux-${arch}`;
    return { url: `${folder}/${name}.tar.gz`, checksum: { url: `${folder}/SHA256SUMS`, read: sumIn }, member: `${name}/etcd` };
  },
  helm: ({ version, arch, base }) => {
    const url = `${base("helm")}/helm-v${version}-linux-${arch}.tar.gz`;
    return { url, checksum: { url: `${url}.sha256sum`, read: sumIn }, member: `linux-${arch}/helm` };
  },
  // No checksum files beside the binaries: GitHub itself tells the digest of each file of a release.
  kwok: ({ version, arch, base }) => ({
    url: `${base("github")}/kubernetes-sigs/kwok/releases/download/v${version}/kwok-linux-${arch}`,
    checksum: { url: `${base("githubApi")}/repos/kubernetes-sigs/kwok/releases/tags/v${version}`, read: digestIn },
  }),
};

/** What the project publishes of a tool for this machine; undefined for platforms that it publishes nothing for. Throws when a mirror is no address. */
export const releaseOf = (tool, { source, version }, { env, platform, arch }) =>
  platform === "linux" && architectures[arch] !== undefined
    ? layouts[source]({ tool, version, arch: architectures[arch], base: (publisher) => baseOf(publisher, env) })
    : undefined;

/** From a file of checksums: `HEX`, or lines of `HEX  NAME`. Undefined when the name is not there. */
export const sumIn = (text, name) => {
  const lines = text.split("\n").map((line) => /^([0-9a-f]{64})(?:\s+\*?(\S+))?\s*$/i.exec(line));
  return lines.find((line) => line !== null && (line[2] === undefined || line[2] === name))?.[1].toLowerCase();
};

/** From a release as the API of GitHub tells it. */
export const digestIn = (text, name) => {
  try {
    const digest = JSON.parse(text).assets.find((asset) => asset.name === name)?.digest;
    return /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  } catch {
    return undefined;
  }
};
