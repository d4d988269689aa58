export interface Pin {
  readonly version: string;
  readonly tools: readonly string[];
  /** How near to `version` a tool from an explicit folder must be: the same `minor` or the same `major` version. */
  readonly accepts: "minor" | "major";
}

/** tools.json: by source (kubernetes, etcd, kwok, helm). */
export type Pins = Readonly<Record<string, Pin>>;
export type Env = Readonly<Record<string, string | undefined>>;

export declare const readPins: () => Pins;
export declare const toolNames: (pins: Pins) => readonly string[];
/** Throws when no source in tools.json has the tool. */
export declare const pinOf: (pins: Pins, tool: string) => Pin & { readonly source: string };
/** `${XDG_CACHE_HOME:-~/.cache}/armada-operator`. */
export declare const cacheRoot: (env: Env) => string;
/** Makes a folder of the cache, unless it is there. Throws one sentence that names the remedy when nothing can be written there. */
export declare const makeInCache: (folder: string, mode?: number) => void;
/** The folder of tools that were downloaded or built; its name holds every version, so that a new pin never meets an old binary. */
export declare const toolsCache: (env: Env, pins: Pins) => string;
export declare const explicitFolders: (env: Env) => readonly { readonly variable: string; readonly folder: string }[];
export declare const isExecutable: (path: string) => boolean;
/** `variable` is the environment variable that named the folder; undefined for the cache. Looks only, runs nothing. */
export declare const findTool: (env: Env, pins: Pins, tool: string) => { readonly path: string; readonly variable: string | undefined } | undefined;
