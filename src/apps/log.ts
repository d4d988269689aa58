import winston from "winston";
import type { Facts, Logger } from "../base/log.ts";

/** {@link Logger} on winston, to stderr. */
export const createLogger = (options: { readonly level: string; readonly format: "json" | "pretty" }): Logger => {
  const { combine, timestamp, json, printf } = winston.format;
  const pretty = printf(({ timestamp: time, level, message, ...facts }) => {
    const told = Object.entries(facts).map(([key, value]) => `${key}=${typeof value === "string" ? JSON.stringify(value) : String(value)}`);
    return [String(time), level.toUpperCase().padEnd(5), String(message), ...told].join(" ");
  });
  const sink = winston.createLogger({
    level: options.level,
    format: combine(timestamp(), options.format === "json" ? json() : pretty),
    transports: [new winston.transports.Console({ stderrLevels: ["error", "warn", "info", "debug"] })],
  });
  const over = (known: Facts): Logger => ({
    debug: (message, facts) => void sink.debug(message, { ...known, ...facts }),
    info: (message, facts) => void sink.info(message, { ...known, ...facts }),
    warn: (message, facts) => void sink.warn(message, { ...known, ...facts }),
    error: (message, facts) => void sink.error(message, { ...known, ...facts }),
    with: (facts) => over({ ...known, ...facts }),
  });
  return over({});
};
