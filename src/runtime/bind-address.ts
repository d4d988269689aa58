/** Where a server listens: all interfaces when there is no host, a free port when the port is 0. */
export interface BindAddress {
  readonly host?: string;
  readonly port: number;
}

/** Nobody on another machine, or in another pod, reaches what listens there. */
export const isLoopback = ({ host }: BindAddress): boolean => host !== undefined && /^(?:127\.[0-9.]+|::1|localhost)$/.test(host);

/** `:8081`, `127.0.0.1:8081`, `[::1]:8081`, `localhost:0`; `0` is undefined: switched off. Throws one sentence on anything else. */
export const parseBindAddress = (text: string): BindAddress | undefined => {
  if (text === "0") return undefined;
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535))
    throw new Error(`"${text}" is not an address to listen on: give HOST:PORT, :PORT for all interfaces, or 0 to switch it off`);
  return host === "" ? { port } : { host: host.replace(/^\[|\]$/g, ""), port };
};
