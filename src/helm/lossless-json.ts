declare global {
  interface JSON {
    parse(text: string, reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
    rawJSON(text: string): unknown;
  }
}

/** Like `JSON.parse`, but a number that JavaScript would write differently (`1.0`, 20 digits) is kept as it stands for `JSON.stringify`. */
export const parseLossless = (text: string): unknown =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context.source !== undefined && String(value) !== context.source ? JSON.rawJSON(context.source) : value,
  );
