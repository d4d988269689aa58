/** Variables of a child, all of them: nothing is inherited. `PATH` in it is where the command is looked up. */
export type Environment = Readonly<Record<string, string>>;

/** A copy of this process's own environment: for composition roots, and for what children must inherit (`PATH`, `HOME`). */
export const ownEnvironment = (): Environment =>
  Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Adds variables to this process's own environment, for itself and what it starts. Those that it has stay as they are. */
export const extendEnvironment = (variables: Environment): void => {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value;
};
