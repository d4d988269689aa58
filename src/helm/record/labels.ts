import type { ReleaseLabels } from "../driver.ts";

/** Keys of our labels on release Secrets. */
const labelKeys = {
  owner: "armada.airshipit.org/owner",
  inputs: "armada.airshipit.org/inputs",
  revision: "armada.airshipit.org/revision",
  epoch: "armada.airshipit.org/epoch",
} as const;

const labelValue = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const revisionNumber = /^[1-9]\d{0,8}$/;

export const isLabelValue = (text: string): boolean => labelValue.test(text);

/** The labels as they stand on a Secret. */
export const formatLabels = (labels: ReleaseLabels): Readonly<Record<string, string>> => ({
  [labelKeys.owner]: labels.owner,
  [labelKeys.inputs]: labels.inputs,
  [labelKeys.revision]: String(labels.revision),
  [labelKeys.epoch]: labels.epoch,
});

/** Our labels among those of a Secret; undefined without an owner. What else somebody took off, or spoilt, is empty, and 0 as a revision: no helm carries that along. */
export const parseLabels = (labels: Readonly<Record<string, string>>): ReleaseLabels | undefined => {
  const {
    [labelKeys.owner]: owner = "",
    [labelKeys.inputs]: inputs = "",
    [labelKeys.revision]: revision = "",
    [labelKeys.epoch]: epoch = "",
  } = labels;
  if (owner === "") return undefined;
  return { owner, inputs, revision: revisionNumber.test(revision) ? Number(revision) : 0, epoch };
};
