import type { AccessRequest, GitAccess } from "./remote.ts";
import { join } from "node:path";
import { shown } from "../net/dial.ts";
import { sshAccess } from "./ssh.ts";

/** Pure. @throws {SourceError} Terminal: ssh without a key or without known hosts. */
export const accessOf = (request: AccessRequest): GitAccess => {
  const { protocol } = request.location;
  switch (protocol) {
    case "http":
    case "https":
      return httpAccess(request);
    case "ssh":
      return sshAccess(request);
    case "git":
      return gitAccess(request);
    default:
      return protocol satisfies never;
  }
};

const httpAccess = (request: AccessRequest): GitAccess => {
  const { location, credentials, folder, egress } = request;
  const { ca, clientCert, clientKey, insecure = false } = credentials;
  const files = { "ca.pem": ca, "client.pem": clientCert, "client.key": clientKey };
  const authorization = authorizationOf(request);
  return {
    url: location.url,
    config: [
      ["http.proxy", egress.url ?? ""],
      ["http.proxyAuthMethod", "basic"],
      ["http.sslVerify", insecure ? "false" : "true"],
      ...(ca === undefined ? [] : [["http.sslCAInfo", join(folder, "ca.pem")] as const]),
      ...(clientCert === undefined ? [] : [["http.sslCert", join(folder, "client.pem")] as const]),
      ...(clientKey === undefined ? [] : [["http.sslKey", join(folder, "client.key")] as const]),
      ...(authorization === undefined ? [] : [["http.extraHeader", `Authorization: ${authorization}`] as const]),
    ],
    env: {},
    files: Object.fromEntries(Object.entries(files).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
  };
};

/** A token with a user name is a password, as forges want it; alone it is a bearer token. What a Secret says counts before what the URL says. */
const authorizationOf = ({ location, credentials: { username, password, token } }: AccessRequest): string | undefined => {
  if (token !== undefined && username === undefined) return `Bearer ${token}`;
  const [user, secret] =
    username === undefined && password === undefined ? [location.username, location.password] : [username ?? location.username, password ?? token];
  return user === undefined && secret === undefined ? undefined : `Basic ${Buffer.from(`${user ?? ""}:${secret ?? ""}`).toString("base64")}`;
};

/** The server learns the name that was asked for, as if git had connected to it. */
const gitAccess = ({ location, egress }: AccessRequest): GitAccess => ({
  url: `git://127.0.0.1:${egress.port}${location.path}`,
  config: [],
  env: { GIT_OVERRIDE_VIRTUAL_HOST: shown(location) },
  files: {},
});
