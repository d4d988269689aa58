import { describe, expect, it } from "@jest/globals";
import { gitFailure, isUnadvertised } from "./errors.ts";

const unable = (what: string) => `fatal: unable to access 'https://h.example/a/': ${what}`;

/** What git 2.39 and OpenSSH 9.2 print. */
describe("gitFailure", () => {
  it.each<[string, string, "terminal" | "transient"]>([
    ["fatal: could not read Username for 'https://h.example': terminal prompts disabled", "Unauthorized", "terminal"],
    ["remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h.example/a/'", "Unauthorized", "terminal"],
    [unable("The requested URL returned error: 403"), "Unauthorized", "terminal"],
    ["git@h.example: Permission denied (publickey).\nfatal: Could not read from remote repository.", "Unauthorized", "terminal"],
    ['Load key "identity": error in libcrypto\ngit@h.example: Permission denied (publickey).', "Unauthorized", "terminal"],
    ['Load key "identity": invalid format\ngit@h.example: Permission denied (publickey).', "Unauthorized", "terminal"],
    [
      "No ED25519 host key is known for h.example and you have requested strict checking.\nHost key verification failed.",
      "VerificationFailed",
      "terminal",
    ],
    ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "VerificationFailed", "terminal"],
    [unable("server certificate verification failed. CAfile: none CRLfile: none"), "VerificationFailed", "terminal"],
    [unable("SSL: certificate subject name (a) does not match target host name 'b'"), "VerificationFailed", "terminal"],
    ["remote: Repository not found.\nfatal: repository 'https://h.example/a/' not found", "NotFound", "terminal"],
    ["ERROR: Repository not found.\nfatal: Could not read from remote repository.", "NotFound", "terminal"],
    ["fatal: '/srv/a' does not appear to be a git repository\nfatal: Could not read from remote repository.", "NotFound", "terminal"],
    ["fatal: remote error: access denied or repository not exported: /a", "NotFound", "terminal"],
    ["fatal: https://h.example/a/info/refs not valid: is this a git repository?", "NotFound", "terminal"],
    ["fatal: remote error: upload-pack: not our ref 0123", "NotFound", "terminal"],
    ["error: Server does not allow request for unadvertised object 0123", "NotFound", "terminal"],
    ["fatal: dumb http transport does not support shallow capabilities", "Unsupported", "terminal"],
    ["fatal: transport 'ext' not allowed", "NotAllowed", "terminal"],
    [unable('Protocol "https" not supported or disabled in libcurl'), "NotAllowed", "terminal"],
    ["fatal: unable to update url base from redirection:\n  asked for: a\n   redirect: b", "NotAllowed", "terminal"],
    ["fatal: attempting to allocate 524288001 over limit 209715200", "TooLarge", "terminal"],
    ["error: invalid path '.git/config'", "InvalidChart", "terminal"],
    ["error: unable to create file c/xx: File name too long", "InvalidChart", "terminal"],
    ["fatal: write error: No space left on device", "Unreadable", "transient"],
    [unable("The requested URL returned error: 503"), "Unreachable", "transient"],
    [unable("The requested URL returned error: 429"), "Unreachable", "transient"],
    [unable("Empty reply from server"), "Unreachable", "transient"],
    ["kex_exchange_identification: Connection closed by remote host\nfatal: Could not read from remote repository.", "Unreachable", "transient"],
    ["fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights", "Unreachable", "transient"],
    ["error: RPC failed; curl 18 transfer closed\nfatal: early EOF", "Unreachable", "transient"],
    ["fatal: the remote end hung up unexpectedly", "Unreachable", "transient"],
    ["fatal: something new", "Unreadable", "transient"],
    ["", "Unreadable", "transient"],
  ])("%j is %s", (stderr, reason, class_) => {
    expect(gitFailure(stderr)).toMatchObject({ reason, class: class_ });
  });

  it("tells a commit that has to be looked for in the history", () => {
    expect(isUnadvertised("error: Server does not allow request for unadvertised object 0123")).toBe(true);
    expect(isUnadvertised("fatal: remote error: upload-pack: not our ref 0123")).toBe(false);
  });

  it.each([
    ["fatal: \u001b[31mred\u0007", "git failed (fatal: [31mred)"],
    ["fatal: https://me:hunter2@h.example/a", "git failed (fatal: https://h.example/a)"],
    ["fatal: hunter2 is wrong in /cache/tmp-1/x", "git failed (fatal: … is wrong in …/x)"],
    ["remote: hello\nhint: x\nfatal: no\nfatal: second", "git failed (remote: hello; fatal: no)"],
    [`fatal: ${"x".repeat(1000)}`, `git failed (fatal: ${"x".repeat(233)}…)`],
    ["warning: x", "git failed"],
  ])("says of %j: %s", (stderr, what) => {
    expect(gitFailure(stderr, ["hunter2", "/cache/tmp-1", ""]).message).toBe(what);
  });
});
