import { describe, expect, it, test } from "@jest/globals";
import { parseGitLocation, shownLocation } from "./location.ts";

describe("parseGitLocation", () => {
  it.each([
    ["https://git.example/a/b.git", { protocol: "https", host: "git.example", port: 443, url: "https://git.example/a/b.git" }],
    ["HTTPS://Git.Example:8443/a", { protocol: "https", host: "git.example", port: 8443, url: "https://git.example:8443/a" }],
    ["http://10.0.0.1/a", { protocol: "http", host: "10.0.0.1", port: 80, url: "http://10.0.0.1/a" }],
    ["http://0x7f.1/a", { protocol: "http", host: "127.0.0.1", port: 80, url: "http://127.0.0.1/a" }],
    ["https://[2001:db8::1]:444/a", { protocol: "https", host: "2001:db8::1", port: 444, url: "https://[2001:db8::1]:444/a" }],
    ["https://me:p%40ss@h.example/a", { username: "me", password: "p@ss", url: "https://h.example/a" }],
    ["https://h.example/../../a", { url: "https://h.example/a" }],
    ["ssh://git@git.example/a/b", { protocol: "ssh", host: "git.example", port: 22, username: "git", url: "ssh://git.example/a/b" }],
    ["ssh://git@git.example:2222/a", { protocol: "ssh", host: "git.example", port: 2222, url: "ssh://git.example/a" }],
    ["ssh://git.example/~me/a", { protocol: "ssh", username: undefined, url: "ssh://git.example/~me/a" }],
    ["git@git.example:a/b.git", { protocol: "ssh", host: "git.example", port: 22, username: "git", url: "git.example:a/b.git" }],
    ["Git.Example:/srv/a", { protocol: "ssh", host: "git.example", username: undefined, url: "git.example:/srv/a" }],
    ["git@[2001:db8::1]:a", { protocol: "ssh", host: "2001:db8::1", url: "[2001:db8::1]:a" }],
    ["git://git.example/a", { protocol: "git", host: "git.example", port: 9418, path: "/a" }],
  ])("takes %s apart", (location, expected) => {
    expect(parseGitLocation(location)).toMatchObject(expected);
  });

  it.each([
    ["", "NotAllowed"],
    ["-", "NotAllowed"],
    ["--upload-pack=touch x", "NotAllowed"],
    ["-oProxyCommand=x", "NotAllowed"],
    ["ext::sh -c x", "NotAllowed"],
    ["ext::sh%20-c%20x", "NotAllowed"],
    ["fd::17/foo", "NotAllowed"],
    ["::x", "NotAllowed"],
    ["ssh://-oProxyCommand=x/a", "NotAllowed"],
    ["ssh://git@-oProxyCommand=x/a", "NotAllowed"],
    ["ssh://-oProxyCommand=x@host/a", "NotAllowed"],
    ["-oProxyCommand=x@host:a", "NotAllowed"],
    ["host:-oProxyCommand=x", "NotAllowed"],
    ["git@-host:a", "NotAllowed"],
    ["ssh://host%0aProxyCommand=x/a", "NotAllowed"],
    ["ssh://a%20b@host/a", "NotAllowed"],
    ["ssh://me:secret@host/a", "NotAllowed"],
    ["https://host", "NotAllowed"],
    ["https://host/a?x=1", "NotAllowed"],
    ["https://host/a#x", "NotAllowed"],
    ["https://ho st/a", "NotAllowed"],
    ["https://host/a\n", "NotAllowed"],
    ["https://host/a\0", "NotAllowed"],
    ["ssh://host/a%00b", "NotAllowed"],
    ["ssh://host/a%0Ab", "NotAllowed"],
    ["https:\\\\host\\a", "NotAllowed"],
    ["https://%/a", "NotAllowed"],
    ["https://%zz@host/a", "NotAllowed"],
    ["https://", "NotAllowed"],
    [`https://host/${"a".repeat(2048)}`, "NotAllowed"],
    ["file:///etc", "Unsupported"],
    ["ftp://host/a", "Unsupported"],
    ["git+ssh://host/a", "Unsupported"],
    ["/etc/passwd", "Unsupported"],
    ["../../etc", "Unsupported"],
    ["./a", "Unsupported"],
    ["github.com/a/b", "Unsupported"],
    ["./a:b", "Unsupported"],
  ])("refuses %j: %s", (location, reason) => {
    expect(() => parseGitLocation(location)).toThrow(
      expect.objectContaining({ reason, class: "terminal", message: expect.stringContaining("use https://") }),
    );
  });

  it("says no password in a refusal", () => {
    expect(() => parseGitLocation("https://me:hunter2@host/a?token=hunter2")).toThrow('source.location "https://host/a" has a query');
  });
});

test.each([
  ["https://me:hunter2@host/a?t=hunter2#hunter2", '"https://host/a"'],
  ["https://me:hun@ter2@host/a", '"https://host/a"'],
  ["git@host:a", '"git@host:a"'],
  ["x\ny", '"x\\ny"'],
])("shownLocation shows %j as %s", (location, expected) => {
  expect(shownLocation(location)).toBe(expected);
});
