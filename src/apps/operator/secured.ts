import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { accessGuard, type AccessDeps } from "../../runtime/access.ts";
import { isLoopback, parseBindAddress } from "../../runtime/bind-address.ts";
import type { Secured } from "../../runtime/http-server.ts";
import { selfSigned, type KeyAndCertificate } from "../../runtime/self-signed.ts";
import { OPERATOR } from "./deploy/rights.ts";
import type { OperatorConfig } from "./settings/settings.ts";

/** How `/metrics` is protected: not at all on loopback, unless a certificate is given. Rejects with one sentence when that cannot be read. */
export const securedFor = async (
  { metricsAddress, metricsCertDir }: Pick<OperatorConfig, "metricsAddress" | "metricsCertDir">,
  deps: AccessDeps,
): Promise<Secured | undefined> => {
  const at = parseBindAddress(metricsAddress);
  if (at === undefined || (isLoopback(at) && metricsCertDir === undefined)) return undefined;
  const tls = metricsCertDir === undefined ? selfSigned(OPERATOR, deps.clock.now()) : await read(metricsCertDir);
  return { tls, guard: accessGuard(deps) };
};

const read = async (folder: string): Promise<KeyAndCertificate> => {
  try {
    const [key, cert] = await Promise.all(["tls.key", "tls.crt"].map((name) => readFile(join(folder, name), "utf8")));
    return { key: key ?? "", cert: cert ?? "" };
  } catch (error) {
    throw new Error(`Cannot read tls.key and tls.crt in --metrics-cert-dir "${folder}": ${messageOf(error)}`, { cause: error });
  }
};
