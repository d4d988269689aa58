import { cutUtf8 } from "../../base/text.ts";
import type { ReleaseRef } from "../driver.ts";
import { documentsOf, fieldOf, findInTemplates, scalarAfter, type Template } from "./templates.ts";

const MAX_WARNING_BYTES = 512;
const ANNOTATION = "helm.sh/hook";

export const unknownHook = (hook: string): string => `helm has no hook ${JSON.stringify(hook)} and ignores the objects annotated with it`;

/** An object of a template, as it is written there. */
interface Hooked {
  readonly hook: string;
  readonly title: string;
}

/**
 * Warnings about hooks that helm does not know, with the objects that have them: helm itself names the hook only, and keeps the object in no
 * record. They are looked for in the templates; where the hook is written by a template, nothing is found.
 */
export const withHookedObjects = async (
  warnings: readonly string[],
  chartPath: string | undefined,
  release: ReleaseRef,
): Promise<readonly string[]> => {
  if (chartPath === undefined || !warnings.some((warning) => warning.startsWith("helm has no hook "))) return warnings;
  const hooked = await findInTemplates(chartPath, (template) => hookedIn(template, release));
  return warnings.map((warning) => {
    const titles = hooked.filter(({ hook }) => unknownHook(hook) === warning).map(({ title }) => title);
    const remedy = warning.startsWith(unknownHook("crd-install")) ? "; put CustomResourceDefinitions in crds/" : "";
    return titles.length === 0 ? warning : cutUtf8(`${warning}: ${titles.join(", ")}${remedy}`, MAX_WARNING_BYTES, "… (cut)");
  });
};

/** Those of one template. */
export const hookedIn = (template: Template, { name, namespace }: ReleaseRef): readonly Hooked[] =>
  documentsOf(template).flatMap((document) => {
    const at = document.indexOf(ANNOTATION);
    const hook = at < 0 ? undefined : scalarAfter(document.slice(at + ANNOTATION.length));
    if (hook === undefined) return [];
    const metadata = document.slice(Math.max(0, document.indexOf("metadata")));
    const written = fieldOf(metadata, "name") ?? "";
    const known = written.replaceAll(/\{\{-? *\.Release\.Name *-?\}\}/g, name).replaceAll(/\{\{-? *\.Release\.Namespace *-?\}\}/g, namespace);
    return [{ hook, title: `${fieldOf(document, "kind") ?? "object"} ${known} (${template.path})` }];
  });
