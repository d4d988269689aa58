/** Fenced blocks of a README that begin with NAME, each as {@link normalised}. */
export const tablesOf = (readme: string): readonly string[] =>
  [...readme.matchAll(/^```\n(NAME[\s\S]*?)^```$/gmu)].map(([, table = ""]) => normalised(table));

/** A table of kubectl with runs of spaces as one and the column AGE cut. */
export const normalised = (table: string): string =>
  table
    .replaceAll(/ +/gu, " ")
    .replaceAll(/ (AGE|\d+[smh](\d+s)?)$/gmu, "")
    .replaceAll(/ +$/gmu, "")
    .trim();
