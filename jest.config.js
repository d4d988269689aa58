import { testsWithoutServer } from "./scripts/setup/servers.mjs";

/** Unit tests stand beside their file; tests on a real control plane are in `test/` and have a project of their own. */
const common = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2024", parser: { syntax: "typescript" }, experimental: { keepImportAttributes: true } }, module: { type: "es6" } },
    ],
  },
};

export default {
  // On a busy machine a test that starts a process takes longer than jest's five seconds; none asserts a time.
  testTimeout: 30_000,
  // Each acceptance test file at work has a control plane to itself; most of the time it waits, so that three keep two cores busy.
  maxWorkers: 3,
  testSequencer: "<rootDir>/test/testing/longest-first.mjs",
  projects: [
    { ...common, displayName: "unit", testMatch: ["<rootDir>/{src,scripts}/**/*.test.ts", "<rootDir>/test/repository/**/*.test.ts"] },
    {
      ...common,
      displayName: "acceptance",
      testMatch: ["<rootDir>/test/acceptance/**/*.test.ts"],
      globalSetup: "<rootDir>/test/testing/control-plane/jest-before.mjs",
      globalTeardown: "<rootDir>/test/testing/control-plane/jest-after.mjs",
      // Set-up installs the servers where it may, and says what is left out where it may not.
      testPathIgnorePatterns: ["/node_modules/", ...testsWithoutServer(process.env)],
    },
  ],
};
