import { type OciReference, registryLogin } from "./reference.ts";
import type { RegistryLogin } from "../source.ts";

/** Registries whose token service has a name of its own. */
const TOKEN_SERVICES: Readonly<Record<string, string>> = { "registry-1.docker.io": "auth.docker.io" };

export interface LoginOfRegistry {
  readonly registry: OciReference;
  /** It is asked by plain HTTP. */
  readonly plainHttp: boolean;
  readonly login: Pick<RegistryLogin, "username" | "password">;
  /** All logins of the Secret. */
  readonly registries: Readonly<Record<string, RegistryLogin>> | undefined;
}

/**
 * Whether the login of a registry may be shown to the token service that the registry names: that is the registry itself, stands at the standard port
 * of its host or of a domain that its host belongs to (whose owner can say anyway what that host is), or the Secret has the very login for it, too.
 */
export const mayShowLogin = (realm: URL, { registry, plainHttp, login, registries }: LoginOfRegistry): boolean => {
  const own = new URL(`${plainHttp ? "http" : "https"}://${registry.host}`);
  if (realm.host === own.host || TOKEN_SERVICES[own.host] === realm.host) return true;
  if (realm.port === "" && (realm.hostname === own.hostname || isDomainOf(realm.hostname, own.hostname))) return true;
  const named = registryLogin(registries, { ...registry, host: realm.host });
  return named !== undefined && named.username === login.username && named.password === login.password;
};

const isDomainOf = (domain: string, hostname: string): boolean => domain.includes(".") && hostname.endsWith(`.${domain}`);
