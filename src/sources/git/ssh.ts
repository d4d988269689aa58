import type { AccessRequest, GitAccess } from "./remote.ts";
import { type GitLocation, isSshUser } from "./location.ts";
import { unauthorized } from "../errors.ts";

/** @throws {SourceError} Terminal: no key, no known hosts. */
export const sshAccess = ({ location, credentials, field, egress }: AccessRequest): GitAccess => {
  const { sshKey, knownHosts, insecure = false } = credentials;
  if (sshKey === undefined) throw unauthorized(`${field} needs a private key: add it to the source's Secret as ssh-privatekey or identity`);
  if (knownHosts === undefined && !insecure)
    throw unauthorized(`${field} needs the host keys of ${location.host}: verify the output of ssh-keyscan and add it to the Secret as known_hosts`);
  const user = location.username ?? credentials.username ?? "git";
  if (!isSshUser(user)) throw unauthorized(`${field}: the user name in the Secret is not a valid ssh user name`);
  return {
    url: location.url,
    config: [],
    env: { GIT_SSH_COMMAND: "ssh -F ssh_config", GIT_SSH_VARIANT: "ssh", SSH_ASKPASS_REQUIRE: "never" },
    files: {
      identity: `${sshKey.replaceAll("\r", "").trimEnd()}\n`,
      known_hosts: `${(knownHosts ?? "").replaceAll("\r", "").trimEnd()}\n`,
      ssh_config: sshConfig(location, user, { port: egress.port, insecure }),
    },
  };
};

/** The name under which known_hosts has a host. */
const knownAs = ({ host, port }: GitLocation): string => (port === 22 ? host : `[${host}]:${port}`);

/** File names are relative to the working directory of git, so no path has to be quoted. ssh takes the first value of each option. */
const sshConfig = (location: GitLocation, user: string, { port, insecure }: { readonly port: number; readonly insecure: boolean }): string =>
  [
    "Host *",
    "HostName 127.0.0.1",
    `Port ${port}`,
    `User ${user}`,
    `HostKeyAlias ${knownAs(location)}`,
    `StrictHostKeyChecking ${insecure ? "no" : "yes"}`,
    `UserKnownHostsFile ${insecure ? "/dev/null" : "known_hosts"}`,
    "GlobalKnownHostsFile /dev/null",
    "CheckHostIP no",
    "NoHostAuthenticationForLocalhost no",
    "UpdateHostKeys no",
    "VerifyHostKeyDNS no",
    "IdentityFile identity",
    "IdentitiesOnly yes",
    "IdentityAgent none",
    "PKCS11Provider none",
    "AddKeysToAgent no",
    "PreferredAuthentications publickey",
    "BatchMode yes",
    "NumberOfPasswordPrompts 0",
    "ProxyCommand none",
    "ProxyJump none",
    "PermitLocalCommand no",
    "ClearAllForwardings yes",
    "ForwardAgent no",
    "ForwardX11 no",
    "Tunnel no",
    "ControlMaster no",
    "ControlPath none",
    "RequestTTY no",
    "ConnectTimeout 30",
    "ServerAliveInterval 15",
    "ServerAliveCountMax 4",
    "LogLevel ERROR",
    "",
  ].join("\n");
