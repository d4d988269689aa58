import { dump } from "js-yaml";
import type { CelRule } from "./fields.ts";
import { VALIDATIONS } from "./fields.ts";
import { INERT, type InertField } from "./inert.ts";
import { KINDS } from "./kinds.ts";
import type { Column, KindDefinition } from "./kinds.ts";
import { structural, type StructuralSchema } from "./structural.ts";

/** The command that writes `crds/`; in each file's header and in the message of the test that finds one stale. */
export const GENERATE = "npm run generate";

const META = {
  apiVersion: { type: "string", description: "Version of the schema of this object." },
  kind: { type: "string", description: "Kind of this object." },
  metadata: { type: "object" },
};

const columnOf = ({ wide, ...column }: Column) => (wide === true ? { ...column, priority: 1 } : column);

const validations = (rules: readonly CelRule[]) => (rules.length === 0 ? {} : { [VALIDATIONS]: rules });

/** The same schema, whose texts say which fields have no effect. */
const withNotes = (schema: StructuralSchema, fields: readonly InertField[], path = ""): StructuralSchema => {
  const field = fields.find((one) => one.path === path);
  const { properties } = schema;
  return {
    ...schema,
    ...(field === undefined ? {} : { description: `${schema.description ?? ""} No effect: it ${field.because}.` }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, withNotes(child, fields, path === "" ? name : `${path}.${name}`)]),
          ),
        }),
  };
};

const schemaOf = (kind: KindDefinition) => ({
  type: "object",
  description: kind.description,
  required: ["spec"],
  properties: {
    ...META,
    spec: { ...withNotes(structural(kind.spec), INERT[kind.resource.kind] ?? []), description: "What is wanted." },
    status: { ...structural(kind.status), description: "What is so, and why. Only the operator writes it." },
  },
  ...validations(kind.rules),
});

/** The CustomResourceDefinition of one kind. */
export const crdOf = (kind: KindDefinition) => {
  const { group, version, plural, kind: name } = kind.resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind: name, listKind: `${name}List`, plural, singular: name.toLowerCase(), shortNames: [kind.shortName], categories: ["armada"] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map(columnOf),
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  };
};

const crdTexts = (): readonly (readonly [name: string, text: string])[] =>
  KINDS.map((kind) => {
    const crd = crdOf(kind);
    return [
      `${crd.metadata.name}.yaml`,
      `# Made from src/armada/api by \`${GENERATE}\`; do not edit.\n${dump(crd, { noRefs: true, lineWidth: -1, quoteStyle: "double" })}`,
    ];
  });

/** For `kubectl apply -k`. Without an extension, or `kubectl apply -f crds/` would take it for an object. */
const kustomization = (names: readonly string[]): string =>
  `# Made by \`${GENERATE}\`; do not edit.\nresources:\n${names.map((name) => `  - ${name}\n`).join("")}`;

/** File name in `crds/` → text. */
export const crdFiles = (): ReadonlyMap<string, string> => {
  const crds = crdTexts();
  return new Map([...crds, ["Kustomization", kustomization(crds.map(([name]) => name))]]);
};
