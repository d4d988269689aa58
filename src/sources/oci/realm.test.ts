import { expect, test } from "@jest/globals";
import { mayShowLogin } from "./realm.ts";
import { parseOciReference } from "./reference.ts";

const LOGIN = { username: "me", password: "canary" };
const OTHER = { username: "me", password: "another" };

const may = (registry: string, realm: string, registries = {}, plainHttp = false): boolean =>
  mayShowLogin(new URL(realm), { registry: parseOciReference({ location: `oci://${registry}/a/b` }), plainHttp, login: LOGIN, registries });

test.each([
  ["docker.io", "https://auth.docker.io/token"],
  ["registry-1.docker.io", "https://auth.docker.io/token"],
  ["ghcr.io", "https://ghcr.io/token"],
  ["registry.gitlab.com", "https://gitlab.com/jwt/auth"],
  ["registry.gitlab.corp.example", "https://gitlab.corp.example/jwt/auth"],
  ["gitlab.example.com:5050", "https://gitlab.example.com/jwt/auth"],
  ["quay.io", "https://quay.io/v2/auth"],
  ["us-docker.pkg.dev", "https://us-docker.pkg.dev/v2/token"],
  ["site.azurecr.io", "https://site.azurecr.io/oauth2/token"],
  ["harbor.example:8443", "https://harbor.example:8443/service/token"],
  ["r.example:443", "https://r.example/token"],
])("the login of %s may be shown to %s", (registry, realm) => {
  expect(may(registry, realm)).toBe(true);
});

test.each([
  ["r.example", "https://evil.example/token"],
  ["r.example", "https://example/token"],
  ["r.example", "https://evil-r.example/token"],
  ["r.example", "https://r.example.evil.net/token"],
  ["site.azurecr.io", "https://other.azurecr.io/token"],
  ["r.example", "https://r.example:8443/token"],
  ["r.example:5000", "https://r.example:5001/token"],
  ["a.r.example", "https://r.example:8443/token"],
  ["r.example", "https://sub.r.example/token"],
  ["r.example", "https://r.example@evil.example/token"],
  ["r.example", "https://169.254.169.254/token"],
  ["10.0.0.1:5000", "https://10.0.0.2:5000/token"],
  ["ghcr.io", "https://auth.docker.io/token"],
])("the login of %s may not be shown to %s", (registry, realm) => {
  expect(may(registry, realm)).toBe(false);
});

test.each([
  ["has the same login for it", { "auth.example": LOGIN }, true],
  ["has it by a pattern that both have", { "*.example": LOGIN }, true],
  ["has another login for it", { "auth.example": OTHER }, false],
  ["has the login for others only", { "r.example": LOGIN, "auth.example:8443": LOGIN }, false],
])("elsewhere it may where the Secret %s: %j", (_, registries, expected) => {
  expect(may("r.example", "https://auth.example/token", registries)).toBe(expected);
});

test("a registry without TLS has a service without TLS at its own place", () => {
  expect(may("r.example:5000", "http://r.example:5000/token", {}, true)).toBe(true);
  expect(may("r.example:5000", "http://r.example:5001/token", {}, true)).toBe(false);
});
