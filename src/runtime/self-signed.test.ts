import { X509Certificate, createPrivateKey } from "node:crypto";
import { expect, test } from "@jest/globals";
import { selfSigned } from "./self-signed.ts";

test("a certificate is one: of its name and its key, signed by itself, good for years", () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  const { key, cert } = selfSigned("armada-operator", nowMs);
  const read = new X509Certificate(cert);
  expect(read.checkHost("armada-operator")).toBe("armada-operator");
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect([read.subject, read.issuer]).toEqual(["CN=armada-operator", "CN=armada-operator"]);
  expect([read.validFromDate.toISOString(), read.validToDate.toISOString()]).toEqual(["2026-01-02T02:04:05.000Z", "2035-12-31T03:04:05.000Z"]);
});

test("no two are the same", () => {
  expect(selfSigned("a", 0).cert).not.toBe(selfSigned("a", 0).cert);
});
