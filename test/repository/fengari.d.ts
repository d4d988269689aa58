/** What lua.ts uses of a package that has no types. */
declare module "fengari" {
  interface State {
    readonly brand: unique symbol;
  }
  export const to_luastring: (text: string) => Uint8Array;
  export const lauxlib: {
    luaL_newstate(): State;
    luaL_dostring(state: State, code: Uint8Array): boolean | number;
  };
  export const lualib: { luaL_openlibs(state: State): void };
  export const lua: {
    lua_getfield(state: State, index: number, name: Uint8Array): number;
    lua_tojsstring(state: State, index: number): string | null;
    lua_pop(state: State, count: number): void;
  };
}
