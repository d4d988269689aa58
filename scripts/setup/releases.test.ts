import { expect, test } from "@jest/globals";

interface Release {
  readonly url: string;
  readonly checksum: { readonly url: string };
  readonly member?: string;
}
// Set-up is plain JavaScript without declarations: it runs before anything is installed.
interface Releases {
  readonly releaseOf: (
    tool: string,
    pin: { readonly source: string; readonly version: string },
    machine: { readonly env: Readonly<Record<string, string>>; readonly platform: string; readonly arch: string },
  ) => Release | undefined;
  readonly sumIn: (text: string, name: string) => string | undefined;
  readonly digestIn: (text: string, name: string) => string | undefined;
  readonly downloadText: (progress: { readonly what: string; readonly have: number; readonly size: number; readonly elapsedMs: number }) => string;
  readonly losesTls: (asked: string, answered: string) => boolean;
  readonly proxiedStart: (env: Readonly<Record<string, string>>, root: string) => { readonly command: string } | undefined;
}

const load = async (): Promise<Releases> => {
  const modules = await Promise.all(
    ["releases", "progress", "proxy", "http"].map((name) => import(new URL(`../../scripts/setup/${name}.mjs`, import.meta.url).href)),
  );
  return Object.assign({}, ...modules);
};
const { releaseOf, sumIn, digestIn, downloadText, losesTls, proxiedStart } = await load();

test.each([
  [
    "kubectl",
    { source: "kubernetes", version: "1.36.3" },
    "x64",
    "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl",
    "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl.sha256",
    undefined,
  ],
  [
    "etcd",
    { source: "etcd", version: "3.7.3" },
    "arm64",
    "https://github.com/etcd-io/etcd/releases/download/v3.7.3/etcd-v3.7.3-linux-arm64.tar.gz",
    "https://github.com/etcd-io/etcd/releases/download/v3.7.3/SHA256SUMS",
    "etcd-v3.7.3-linux-arm64/etcd",
  ],
  [
    "helm",
    { source: "helm", version: "3.22.0" },
    "x64",
    "https://get.helm.sh/helm-v3.22.0-linux-amd64.tar.gz",
    "https://get.helm.sh/helm-v3.22.0-linux-amd64.tar.gz.sha256sum",
    "linux-amd64/helm",
  ],
  [
    "kwok",
    { source: "kwok", version: "0.8.0" },
    "arm64",
    "https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-arm64",
    "https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v0.8.0",
    undefined,
  ],
])("releaseOf knows where %s is published, and its checksum", (tool, pin, arch, url, checksum, member) => {
  const release = releaseOf(tool, pin, { env: {}, platform: "linux", arch });
  expect([release?.url, release?.checksum.url, release?.member]).toEqual([url, checksum, member]);
});

test.each([
  ["darwin", "arm64"],
  ["linux", "riscv64"],
])("releaseOf has nothing for %s %s", (platform, arch) => {
  expect(releaseOf("kubectl", { source: "kubernetes", version: "1.36.3" }, { env: {}, platform, arch })).toBeUndefined();
});

test("a mirror stands for its publisher, path and all, and must be an address", () => {
  const pin = { source: "helm", version: "3.22.0" };
  const of = (mirror: string): Release | undefined => releaseOf("helm", pin, { env: { ARMADA_HELM_MIRROR: mirror }, platform: "linux", arch: "x64" });
  expect(of("http://mirror.invalid/helm/")?.url).toBe("http://mirror.invalid/helm/helm-v3.22.0-linux-amd64.tar.gz");
  expect(() => of("mirror")).toThrow('ARMADA_HELM_MIRROR is "mirror": set it to an http or https URL, or unset it');
  expect(() => of("file:///mirror")).toThrow("set it to an http or https URL");
});

const hex = (digit: string): string => digit.repeat(64);

test.each([
  ["one sum alone", hex("a"), hex("a")],
  ["one sum alone, in capitals, with a line end", `${hex("A")}\n`, hex("a")],
  ["a line of several", `${hex("b")}  other\n${hex("a")}  tool.tgz\n`, hex("a")],
  ["a line that says binary", `${hex("a")} *tool.tgz\n`, hex("a")],
  ["only others", `${hex("b")}  tool.tgz.asc\n`, undefined],
  ["a page of something else", "<html>log in first</html>", undefined],
  ["half of a sum", hex("a").slice(32), undefined],
])("sumIn finds the sum in %s", (_, text, expected) => {
  expect(sumIn(text, "tool.tgz")).toBe(expected);
});

test.each([
  ["the release", JSON.stringify({ assets: [{ name: "other" }, { name: "tool", digest: `sha256:${hex("a")}` }] }), hex("a")],
  ["a release from before there were digests", JSON.stringify({ assets: [{ name: "tool", digest: null }] }), undefined],
  ["another kind of digest", JSON.stringify({ assets: [{ name: "tool", digest: `sha512:${hex("a")}` }] }), undefined],
  ["a release without the file", JSON.stringify({ assets: [] }), undefined],
  ["an error", JSON.stringify({ message: "Not Found" }), undefined],
  ["no JSON", "<html>", undefined],
])("digestIn finds the sum in %s", (_, text, expected) => {
  expect(digestIn(text, "tool")).toBe(expected);
});

test.each([
  ["https://a/x", "https://b/y", false],
  ["https://a/x", "http://b/y", true],
  ["http://mirror/x", "http://mirror/y", false],
])("losesTls(%s, %s) is %s", (asked, answered, expected) => {
  expect(losesTls(asked, answered)).toBe(expected);
});

test("progress of a download says how much of it is there", () => {
  expect(downloadText({ what: "kubectl 1.36.3", have: 12_400_000, size: 60_100_000, elapsedMs: 3_000 })).toBe(
    "downloading kubectl 1.36.3: 12 of 60 MB, 3 s",
  );
  expect(downloadText({ what: "kubectl 1.36.3", have: 12_400_000, size: Number.NaN, elapsedMs: 0 })).toBe("downloading kubectl 1.36.3: 12 MB, 0 s");
});

test.each([
  ["no proxy", {}, undefined],
  ["an empty variable", { HTTPS_PROXY: "" }, undefined],
  ["a proxy", { https_proxy: "http://proxy:3128", PATH: "/bin" }, { https_proxy: "http://proxy:3128", PATH: "/bin", NODE_USE_ENV_PROXY: "1" }],
  ["a proxy that Node was told of", { HTTPS_PROXY: "http://proxy:3128", NODE_USE_ENV_PROXY: "1" }, undefined],
])("proxiedStart with %s", (_, env, expected) => {
  expect(proxiedStart(env, "/nowhere")).toEqual(expected === undefined ? undefined : { command: process.execPath, env: expected });
});
