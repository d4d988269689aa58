/** A ServiceAccount, as whom something is done. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** As authentication names it. Whoever impersonates this user is given its groups by the API server: nobody needs the right to impersonate groups. */
export const userOf = ({ namespace, name }: ServiceAccount): string => `system:serviceaccount:${namespace}:${name}`;
