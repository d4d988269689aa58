/** What a registry asks for in `WWW-Authenticate`. Its scope does not count: nothing is asked for but to pull. */
export type Challenge = { readonly scheme: "basic" } | BearerChallenge;

export interface BearerChallenge {
  readonly scheme: "bearer";
  /** Where to ask for a token. */
  readonly realm: string;
  readonly service: string | undefined;
}

const PARAMETER = /(?<![A-Za-z])(?<name>[A-Za-z]+)="(?<value>[^"]*)"/g;

/** Undefined for a scheme that nobody uses with registries. */
export const parseChallenge = (header: string | undefined): Challenge | undefined => {
  const scheme = /^\s*(basic|bearer)(?=\s|$)/i.exec(header ?? "")?.[1]?.toLowerCase();
  if (scheme === "basic") return { scheme };
  const found = new Map<string, string>();
  for (const { groups = {} } of (header ?? "").matchAll(PARAMETER)) found.set((groups["name"] ?? "").toLowerCase(), groups["value"] ?? "");
  const realm = found.get("realm");
  return scheme === undefined || realm === undefined ? undefined : { scheme: "bearer", realm, service: found.get("service") };
};
