import { lauxlib, lua, lualib, to_luastring } from "fengari";

const quoted = (text: string): string => `"${text.replaceAll(/["\\\n\r\0]/g, (found) => `\\${String(found.charCodeAt(0)).padStart(3, "0")}`)}"`;

/** What JSON holds, as Lua writes it; null is nil. */
export const luaLiteral = (value: unknown): string => {
  if (Array.isArray(value)) return `{${value.map(luaLiteral).join(", ")}}`;
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null) return "nil";
  return `{${Object.entries(value)
    .map(([key, one]) => `[${quoted(key)}] = ${luaLiteral(one)}`)
    .join(", ")}}`;
};

/** Runs a script with the global variable `obj`, and gives these fields of the table that it returns. */
export const runLua = (script: string, obj: object, fields: readonly string[]): readonly (string | null)[] => {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  const failed = lauxlib.luaL_dostring(state, to_luastring(`obj = ${luaLiteral(obj)}\n${script}`));
  if (failed !== false && failed !== 0) throw new Error(lua.lua_tojsstring(state, -1) ?? "the script failed");
  return fields.map((field) => {
    lua.lua_getfield(state, -1, to_luastring(field));
    const text = lua.lua_tojsstring(state, -1);
    lua.lua_pop(state, 1);
    return text;
  });
};
