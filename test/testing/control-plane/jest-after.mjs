// After the last test file.
export default () => Reflect.get(globalThis, "closeForTests")?.();
