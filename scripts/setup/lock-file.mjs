const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];
const libraries = { musl: ["musl"], musleabihf: ["musl"], gnu: ["glibc"], gnueabihf: ["glibc"] };

/** The platform that a package of binaries is for, from its name: `@swc/core-linux-arm-gnueabihf` → linux, arm, glibc. */
export const platformOf = (name) => {
  const words = name.split(/[/-]/);
  const os = words.find((word) => systems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  const libc = os === "linux" ? words.map((word) => libraries[word]).find((found) => found !== undefined) : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc }) };
};

/** Where npm looks for a dependency of the package at `path`: its own node_modules, then those further out. */
const placesOf = (path, name) => {
  const inner = path === "" ? "" : `${path}/`;
  const outer = path.lastIndexOf("node_modules/");
  return [`${inner}node_modules/${name}`, ...(path === "" ? [] : placesOf(path.slice(0, Math.max(0, outer - 1)), name))];
};

/**
 * package-lock.json with an entry for every optional dependency that the registry did not have when the lock was made: `npm ci` refuses a lock
 * without them. They are never installed where their platform differs.
 */
export const completeLock = (lock) => {
  const added = {};
  for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (placesOf(path, name).some((place) => lock.packages[place] !== undefined)) continue;
      added[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev && { dev }), optional: true };
    }
  }
  const entries = Object.entries({ ...lock.packages, ...added });
  return { added: Object.keys(added), lock: { ...lock, packages: Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, "en"))) } };
};
