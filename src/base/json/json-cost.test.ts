import { expect, test } from "@jest/globals";
import { refuseCostlyJson } from "./json-cost.ts";

const limits = { depth: 3, values: 10 };
const judged = async (text: string): Promise<string> => refuseCostlyJson(Buffer.from(text), limits).then(() => "taken", String);

test.each([
  ["a small object", '{"a":[1,2],"b":{"c":"d"}}', "taken"],
  ["one long string with signs of JSON in it", JSON.stringify({ a: '{[,"\\'.repeat(1000) }), "taken"],
  ["a string that ends in backslashes", '{"a":"\\\\","b":[1]}', "taken"],
  ["no JSON", '"{{{{', "taken"],
  ["many values", `[${"1,".repeat(20)}1]`, "CostlyJsonError: it holds more than 10 values"],
  ["many empty objects", `[${"{},".repeat(20)}{}]`, "CostlyJsonError: it holds more than 10 values"],
  ["empty objects, once each", "[{},{},{},{},{},{}]", "taken"],
  ["depth", '{"a":[[[1]]]}', "CostlyJsonError: it is nested more than 3 levels deep"],
])("of %s", async (_title, text, expected) => {
  expect(await judged(text)).toBe(expected);
});
