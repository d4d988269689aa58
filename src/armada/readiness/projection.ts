import { HeldJson } from "../../base/json/held-json.ts";
import type { DynamicObject, Resource } from "../../runtime/object.ts";
import { fieldsOf } from "./fields.ts";

/** Kinds that are ready when they exist: their bodies, which may be secret, never leave the server. */
const METADATA_ONLY = new Set(["/ConfigMap", "/Secret", "/ServiceAccount"]);
const METADATA_ONLY_GROUPS = ["rbac.authorization.k8s.io", "networking.k8s.io", "policy", "admissionregistration.k8s.io"];

export const isMetadataOnly = ({ group, kind }: Resource): boolean => METADATA_ONLY.has(`${group}/${kind}`) || METADATA_ONLY_GROUPS.includes(group);

/** Parts of a spec that no rule of readiness looks at and that are large. */
const LARGE = ["template", "containers", "initContainers", "volumes", "volumeClaimTemplates", "versions", "conversion"];

/** What is kept in memory of an object: what the rules of readiness read. */
export const project = (object: DynamicObject): DynamicObject => {
  const { apiVersion, kind, metadata, spec, status, phase, volumeBindingMode } = object as DynamicObject & Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(fieldsOf(spec)).filter(([name, value]) => !LARGE.includes(name) && !(value instanceof HeldJson)));
  const { "kubectl.kubernetes.io/last-applied-configuration": _last, ...annotations } = metadata.annotations ?? {};
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations },
    spec: kept,
    ...(status === undefined ? {} : { status }),
    ...(phase === undefined ? {} : { phase }),
    ...(volumeBindingMode === undefined ? {} : { volumeBindingMode }),
  };
};
