import { expect, test } from "@jest/globals";
import { HelmError } from "../../helm/driver.ts";
import { ApiError } from "../../runtime/api.ts";
import { withGrant } from "./grants.ts";

const account = { namespace: "site", name: "deployer" };
const forbidden = { status: 403, reason: "Forbidden" };

test.each([
  ["helm", new HelmError("no right", { reason: "Forbidden", class: "terminal", warnings: ["w"] }), "no right; deployer needs it"],
  ["a request", new ApiError("no right", forbidden), "no right; deployer needs it"],
  ["a policy", new ApiError("denied", forbidden), "denied"],
  ["another failure of helm", new HelmError("no right", { reason: "HookFailed", class: "transient" }), "no right"],
  ["another answer", new ApiError("no right", { status: 404, reason: "NotFound" }), "no right"],
  ["anything else", new Error("no right"), "no right"],
])("what grants the right that is missing is said of %s, if it is one", (_, error, message) => {
  const granted = withGrant(error, (text, as) => (text === "no right" ? `${as?.name ?? "nobody"} needs it` : undefined), account);
  expect(granted).toMatchObject({ name: error.name, message });
});
