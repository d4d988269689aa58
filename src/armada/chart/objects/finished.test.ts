import { describe, expect, test } from "@jest/globals";
import { FINISHED_MAX } from "../../api/history.ts";
import { finishedMarks, isMarked } from "./finished.ts";

const jobs = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => ({ kind: "Job", name: `${"j".repeat(length - 4)}${String(index).padStart(4, "0")}` }));
const bytes = (marks: readonly string[]): number => Buffer.byteLength(JSON.stringify(marks));

describe("what is done", () => {
  test("is remembered by name", () => {
    expect(
      finishedMarks(
        [
          { kind: "Job", name: "a" },
          { kind: "Pod", name: "b", namespace: "site" },
          { kind: "Job", name: "a", namespace: "far" },
        ],
        "site",
      ),
    ).toEqual(["Job a", "Pod b", "Job far/a"]);
  });

  test("is told from its namesake in another namespace", () => {
    const far = { kind: "Job", name: "a", namespace: "far" };
    const here = { kind: "Job", name: "a", namespace: "site" };
    expect([far, here].map((job) => isMarked(["Job a"], job, "site"))).toEqual([false, true]);
    expect([far, here].map((job) => isMarked(["Job far/a"], job, "site"))).toEqual([true, false]);
  });

  test.each([
    ["fifty of the longest names", 50, 253],
    ["as many as there may be", FINISHED_MAX, 63],
    ["as many as there may be, of short names", FINISHED_MAX, 5],
  ])("is remembered whole, in bounded room: %s", (_, count, length) => {
    const done = jobs(count, length);
    const marks = finishedMarks(done, "site");
    expect(bytes(marks)).toBeLessThan(8_200);
    expect(done.filter((job) => !isMarked(marks, job, "site"))).toEqual([]);
    expect(isMarked(marks, { kind: "Pod", name: done[0]?.name ?? "" }, "site")).toBe(false);
    expect(isMarked(marks, { kind: "Job", name: "another" }, "site")).toBe(false);
  });

  test("goes by name as far as there is room, the first ones first", () => {
    const marks = finishedMarks(jobs(50, 253), "site");
    expect(marks[0]).toMatch(/^Job j+0000$/);
    expect(marks.at(-1)).toMatch(/^#[0-9a-f]{11}$/);
  });
});
