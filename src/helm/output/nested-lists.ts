import { HelmError } from "../driver.ts";
import { documentsOf, fieldOf, findInTemplates, type Template } from "./templates.ts";

/** Lists that hold a list, which helm cannot take apart. */
export const nestedListsIn = (template: Template): readonly string[] =>
  documentsOf(template).flatMap((document) => {
    const kind = fieldOf(document, "kind") ?? "";
    const lists = [...document.matchAll(/(?:^|[{,\s"'])items(?=["']?:)/gm)].length;
    if (!kind.endsWith("List") || lists < 2) return [];
    const name = fieldOf(document, "name");
    const named = name === undefined || document.indexOf("name") > document.indexOf("items") ? "" : ` ${name}`;
    return [`${kind}${named} (${template.path})`];
  });

/** helm says that something is no list, and not what: the error with the lists of the templates that hold others. */
export const namingNestedLists = async <T>(outcome: T | HelmError, chartPath: string | undefined): Promise<T | HelmError> => {
  if (!(outcome instanceof HelmError) || chartPath === undefined || !outcome.message.includes("is not a list: ")) return outcome;
  const lists = await findInTemplates(chartPath, nestedListsIn);
  if (lists.length === 0) return outcome;
  const { reason, class: errorClass, warnings } = outcome;
  return new HelmError(`${outcome.message}; a list must not contain another list: ${lists.join(", ")}`, { reason, class: errorClass, warnings });
};
