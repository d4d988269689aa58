/** A right that somebody does not have, as the API server's RBAC tells whoever asks for what takes it. */
export interface MissingRight {
  /** `system:serviceaccount:NAMESPACE:NAME` of a ServiceAccount. */
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** Of the object; undefined for a list, and where none has a name yet. */
  readonly name: string | undefined;
}

/** The object, and what RBAC says. Every repetition has an end: the text may be anybody's. */
const LACKS =
  /(?: "([\w.:-]{1,253})")? is forbidden: User "([^"\n]{1,300})" cannot ([a-z]{1,30}) resource "([\w./-]{1,253})" in API group "([\w.-]{0,253})"/g;

/** A role with more rights than whoever writes it has. */
const ESCALATES =
  /\b((?:cluster)?roles|(?:cluster)?rolebindings)\.rbac\.authorization\.k8s\.io "([\w.:-]{1,253})" is forbidden: user "([^"\n]{1,300})" (?:\([^\n]{0,2000}?\) )?is attempting to grant RBAC permissions not currently held/g;

/** Each right once, in the order of the text. */
export const missingRights = (text: string): readonly MissingRight[] => {
  const lacks = [...text.matchAll(LACKS)].map(([, name, user = "", verb = "", resource = "", group = ""]) => ({ user, verb, group, resource, name }));
  const escalates = [...text.matchAll(ESCALATES)].map(([, resource = "", name, user = ""]) => ({
    ...{ user, group: "rbac.authorization.k8s.io", name },
    ...(resource.endsWith("bindings") ? { verb: "bind", resource: resource.replace("bindings", "s") } : { verb: "escalate", resource }),
  }));
  const all = [...lacks, ...escalates];
  return [...new Map(all.map((right) => [[right.user, right.verb, right.group, right.resource].join(" "), right])).values()];
};
