/** How a value may appear in a text. */
export interface Form {
  readonly text: string;
  /** Of the value. */
  readonly path: string;
  /** The longest other form that this one begins with. */
  readonly beginning: Form | undefined;
}

/** In the order of their texts, from the paths by text. */
export const orderedForms = (paths: ReadonlyMap<string, string>): readonly Form[] => {
  const forms: Form[] = [];
  for (const [text, path] of [...paths].sort(([one], [other]) => (one < other ? -1 : 1))) {
    let beginning = forms.at(-1);
    while (beginning !== undefined && !text.startsWith(beginning.text)) beginning = beginning.beginning;
    forms.push({ text, path, beginning });
  }
  return forms;
};

/**
 * The longest of the {@link orderedForms} that stands in `text` at `start` and `fits`. It is the last that is not behind the text, or what this one
 * begins with. No form is compared with what is known to be the same: thousands may begin alike.
 */
export const longestAt = (text: string, start: number, forms: readonly Form[], fits: (end: number) => boolean): Form | undefined => {
  let [low, high, sameBelow, sameAbove] = [0, forms.length, 0, 0];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const form = forms[middle]?.text ?? "";
    const same = sharedWith(text, start, form, Math.min(sameBelow, sameAbove));
    if (same === form.length || form.charCodeAt(same) < text.charCodeAt(start + same)) [low, sameBelow] = [middle + 1, same];
    else [high, sameAbove] = [middle, same];
  }
  let form = forms[low - 1];
  while (form !== undefined && (form.text.length > sameBelow || !fits(start + form.text.length))) form = form.beginning;
  return form;
};

/** Characters from the beginning of `form` that are in `text` at `start`; `same` of them are known to be. */
const sharedWith = (text: string, start: number, form: string, same: number): number => {
  const most = Math.min(form.length, text.length - start);
  let at = same;
  while (at < most && text.charCodeAt(start + at) === form.charCodeAt(at)) at++;
  return at;
};
