import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Files of one control plane's identity, all below its directory, readable by the owner only. */
export interface Credentials {
  /** Bearer token of user `admin`, group `system:masters`. */
  readonly token: string;
  readonly tokenFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
}

const writePrivate = (path: string, text: string): Promise<void> => writeFile(path, text, { mode: 0o600 });

/** Makes a new token and a new service-account key in `directory`. */
export const writeCredentials = async (directory: string): Promise<Credentials> => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "sec1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const credentials: Credentials = {
    token: randomBytes(24).toString("hex"),
    tokenFile: join(directory, "tokens.csv"),
    serviceAccountKeyFile: join(directory, "service-account.key"),
    serviceAccountPublicKeyFile: join(directory, "service-account.pub"),
  };
  await writePrivate(credentials.tokenFile, `${credentials.token},admin,admin,"system:masters"\n`);
  await writePrivate(credentials.serviceAccountKeyFile, privateKey);
  await writePrivate(credentials.serviceAccountPublicKeyFile, publicKey);
  return credentials;
};

/** Whose kubeconfig it is, and for what. */
export interface Access {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
  /** Default `admin`. */
  readonly user?: string;
  /** Default `default`. */
  readonly namespace?: string;
}

/** A kubeconfig with one context, `armada-local`. JSON is YAML. */
export const kubeconfigText = ({ server, ca, token, user = "admin", namespace = "default" }: Access): string =>
  `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "armada-local",
      clusters: [
        {
          name: "armada-local",
          cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
        },
      ],
      users: [{ name: user, user: { token } }],
      contexts: [{ name: "armada-local", context: { cluster: "armada-local", user, namespace } }],
    },
    null,
    2,
  )}\n`;

export const writeKubeconfig = (path: string, access: Access): Promise<void> => writePrivate(path, kubeconfigText(access));
