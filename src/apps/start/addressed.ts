import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Copies the objects of `folder` (subfolders aside) to a folder below `made`, which it returns, with `address`, that of a plain HTTP server, for `host`. */
export const addressed = async (folder: string, made: string, host: string, address: string): Promise<string> => {
  const target = join(made, "objects");
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".yaml")))
    await writeFile(join(target, name), withAddress(await readFile(join(folder, name), "utf8"), host, address));
  return target;
};

/** `https://HOST` becomes `http://ADDRESS`; of `oci://HOST` and `HOST` only the host changes. */
export const withAddress = (text: string, host: string, address: string): string =>
  text.replaceAll(`https://${host}`, `http://${address}`).replaceAll(host, address);
