import { describe, expect, test } from "@jest/globals";
import { HeldJson, MAX_DEPTH } from "../../base/json/held-json.ts";
import { redactionFor, redactValues } from "./redact.ts";

const key = "-----BEGIN KEY-----\nabcdefghij\n-----END KEY-----\n";

describe("redactValues names the place of a value instead of the value", () => {
  test.each([
    ["a string", "password Canary_1 is too short", { db: { password: "Canary_1" } }, "password (value of .db.password) is too short"],
    ["a string in a list", "'canary99' does not match", { users: [{ pw: "canary99" }] }, "'(value of .users[0].pw)' does not match"],
    ["inside a longer word when it is long", "xcanary99x", { a: "canary99" }, "x(value of .a)x"],
    ["not inside a longer word when it is short", "blogger and blog", { a: "blog" }, "blogger and (value of .a)"],
    ["base64 of a string", 'data: "Q2FuYXJ5XzE="', { pw: "Canary_1" }, 'data: "(value of .pw)"'],
    ["an escaped string", String.raw`value: "say \"friend\""`, { pw: 'say "friend"' }, 'value: "(value of .pw)"'],
    ["lines of a text", "found abcdefghij here", { tls: { key } }, "found (value of .tls.key) here"],
    ["a long number", "pin 123456 refused", { pin: 123456 }, "pin (value of .pin) refused"],
    ["the longer of two first", "canary99canary", { a: "canary99", b: "canary99canary" }, "(value of .b)"],
    ["characters with a meaning in patterns", "got a.*(b)$ there", { a: "a.*(b)$" }, "got (value of .a) there"],
    ["nothing that was put in itself", "value of canary99", { a: "canary99", b: "value" }, "(value of .b) of (value of .a)"],
    ["short strings stay", "a is not b", { x: "a", y: "b", z: "not" }, "a is not b"],
    ["small numbers and booleans stay", "port 8080 is true", { port: 8080, on: true }, "port 8080 is true"],
    ["words of the API stay", "type ClusterIP is default", { type: "ClusterIP", name: "default" }, "type ClusterIP is default"],
  ])("%s", (_title, text, values, expected) => {
    expect(redactValues(text, values)).toBe(expected);
  });

  test.each([
    ["100,000 strings, of which it names many", { list: Array.from({ length: 100_000 }, (_, index) => `v${String(index)}`) }],
    ["strings that begin alike", { list: Array.from({ length: 300 }, (_, index) => "v9".repeat(index + 2)) }],
    ["one long string", { list: [`${"v9".repeat(400_000)}!`] }],
    ["strings nested deep", new HeldJson(`${'{"a":'.repeat(MAX_DEPTH)}"v9900"${"}".repeat(MAX_DEPTH)}`, MAX_DEPTH)],
  ])(
    "in a text of 60 KB, with %s",
    async (_title, values) => {
      const text = Array.from({ length: 700 }, (_, index) => `unknown field v${String(index * 100)} ${"v9".repeat(30)}`).join("\n");
      const redacted = redactValues(text, values);
      expect((await redactionFor(text, values, []))(text)).toBe(redacted);
      expect(redacted).toContain("unknown field");
    },
    60_000,
  );

  test("what the caller names stays", () => {
    expect(redactValues("release blog-1 failed", { fullname: "blog-1" }, ["blog-1"])).toBe("release blog-1 failed");
  });
});
