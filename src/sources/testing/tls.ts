import { readFileSync } from "node:fs";

const read = (name: string): string => readFileSync(new URL(`fixtures/tls/${name}`, import.meta.url), "utf8");

/** PEM of the authority that signed the others. */
export const TEST_CA = read("ca.crt");
/** A server on 127.0.0.1, `localhost` and `charts.example`. */
export const TEST_SERVER = { cert: read("server.crt"), key: read("server.key") };
export const TEST_CLIENT = { clientCert: read("client.crt"), clientKey: read("client.key") };
