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
export const parseChallenge = (header = ""): Challenge | undefined => {
  const scheme = /^\s*(basic|bearer)(?=\s|$)/i.exec(header)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  if (scheme === "basic") return { scheme };
  const { realm, service } = parametersOf(header);
  return realm === undefined ? undefined : { scheme: "bearer", realm, service };
};

const parametersOf = (header: string): Readonly<Partial<Record<string, string>>> =>
  Object.fromEntries([...header.matchAll(PARAMETER)].map(([, name = "", value]) => [name.toLowerCase(), value]));
