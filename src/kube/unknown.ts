/** A member of something parsed from JSON; undefined when there is no such member or `value` is no object. */
export const member = (value: unknown, name: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined);

export const stringMember = (value: unknown, name: string): string | undefined => {
  const found = member(value, name);
  return typeof found === "string" ? found : undefined;
};

export const numberMember = (value: unknown, name: string): number | undefined => {
  const found = member(value, name);
  return typeof found === "number" ? found : undefined;
};

export const arrayMember = (value: unknown, name: string): readonly unknown[] => {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
};
