import Sequencer from "@jest/test-sequencer";

/**
 * Files that take a minute or more, the longest first, so that two workers end together. Jest knows by itself what took long the last time, but
 * not in a clean checkout, where it goes by the size of files.
 */
const LONGEST = [
  "charts/hostile",
  "examples/start",
  "groups/estate",
  "examples/sources",
  "operator/crash-sweep",
  "operator/two-operators",
  "charts/large",
  "groups/at-once",
  "operator/bad-days-api-server",
  "operator/losing-crds",
  "charts/memory",
  "charts/takeover",
];

const rank = ({ path }) => {
  const found = LONGEST.findIndex((name) => path.endsWith(`test/acceptance/${name}.test.ts`));
  return found === -1 ? LONGEST.length : found;
};

export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
