/** What a place held when it was last fetched. */
export interface Remembered {
  /** `sha256:<64 hex digits>` of the content. */
  readonly digest: string;
  /** For conditional requests. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export const parseRemembered = (text: string): Remembered | undefined => {
  try {
    const what: unknown = JSON.parse(text);
    return isRemembered(what) ? what : undefined;
  } catch {
    return undefined;
  }
};

const isRemembered = (what: unknown): what is Remembered =>
  typeof what === "object" &&
  what !== null &&
  "digest" in what &&
  typeof what.digest === "string" &&
  /^sha256:[0-9a-f]{64}$/.test(what.digest) &&
  (!("etag" in what) || typeof what.etag === "string") &&
  (!("lastModified" in what) || typeof what.lastModified === "string");
