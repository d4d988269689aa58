/** Facts beside a message. Never values, manifests or secrets. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the program says what it decided, once, at the decision. Implemented on winston in `apps`. */
export interface Logger {
  debug(message: string, facts?: Facts): void;
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** A logger that adds `facts` to every line. */
  with(facts: Facts): Logger;
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLogger,
};
