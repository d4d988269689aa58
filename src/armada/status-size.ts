import { cutUtf8 } from "../base/text.ts";

/** Of a whole status, as JSON. */
export const STATUS_BYTES = 32 * 1_024;

interface Told {
  readonly message?: string | undefined;
}

/** The sentences of a status, which are for people and may be cut. Names, digests and times are not. */
interface Wordy {
  readonly conditions?: readonly Told[] | undefined;
  readonly history?: readonly Told[] | undefined;
  readonly warnings?: readonly string[] | undefined;
  readonly waiting_for?: string | undefined;
  readonly owners?: string | undefined;
}

/** A message may have 4 KiB, and several together too much: then all sentences are cut, to the same length, until the whole fits. */
export const fitted = <Status extends Wordy>(status: Status): Status => {
  let small = status;
  for (let bytes = 2_048; Buffer.byteLength(JSON.stringify(small)) >= STATUS_BYTES && bytes >= 32; bytes /= 2) small = shortened(status, bytes);
  return small;
};

const shortened = <Status extends Wordy>(status: Status, bytes: number): Status => {
  const cut = (text: string): string => cutUtf8(text, bytes, "… (cut)");
  const told = <T extends Told>(one: T): T => (one.message === undefined ? one : { ...one, message: cut(one.message) });
  const { conditions, history, warnings, waiting_for: waiting, owners } = status;
  return {
    ...status,
    ...(conditions === undefined ? {} : { conditions: conditions.map(told) }),
    ...(history === undefined ? {} : { history: history.map(told) }),
    ...(warnings === undefined ? {} : { warnings: warnings.map(cut) }),
    ...(waiting === undefined ? {} : { waiting_for: cut(waiting) }),
    ...(owners === undefined ? {} : { owners: cut(owners) }),
  };
};
