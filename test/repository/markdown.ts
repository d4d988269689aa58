/** The text under a heading, up to the next one of the same or a higher level. Throws when there is no such heading. */
export const section = (markdown: string, heading: string): string => {
  const lines = markdown.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const level = heading.indexOf(" ");
  const end = lines.findIndex((line, index) => index > start && /^#+ /.test(line) && line.indexOf(" ") <= level);
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
};

/** Cells of the rows of every table, code marks and blanks around them taken off; headers are left out. */
export const rowsOf = (markdown: string): readonly (readonly string[])[] => {
  const lines = markdown.split("\n");
  return lines
    .filter((line, index) => line.startsWith("|") && !/^\|[\s:|-]+$/.test(line) && !/^\|[\s:|-]+$/.test(lines[index + 1] ?? ""))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll(String.raw`\|`, "|")),
    );
};

/** What stands in code marks in the first cells, each once. */
export const namesOf = (markdown: string): readonly string[] => [...new Set(rowsOf(markdown).flatMap(([first = ""]) => codeIn(first)))];

/** What stands in code marks. */
export const codeIn = (text: string): readonly string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
