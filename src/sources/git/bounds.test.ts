import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { BytesInFlight, ServerSemaphores } from "./bounds.ts";

const live = new AbortController().signal;

describe("ServerSemaphores", () => {
  const queue = () => {
    const bounds = new ServerSemaphores({ server: 2, all: 5 });
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const add = (server: string, name: string, signal = live): Promise<void> =>
      bounds.run(
        server,
        () => {
          const { promise, resolve } = Promise.withResolvers<void>();
          begun.push(name);
          ends.set(name, resolve);
          return promise;
        },
        signal,
      );
    return { add, begun, end: (name: string) => ends.get(name)?.() };
  };

  it("lets so many of a server run, and those of another one go past the rest", async () => {
    const { add, begun, end } = queue();
    const silent = ["s1", "s2", "s3", "s4", "s5", "s6"].map((name) => add("silent", name));
    const good = ["g1", "g2", "g3"].map((name) => add("good", name));
    await setImmediate();
    expect(begun).toEqual(["s1", "s2", "g1", "g2"]);
    for (const name of ["g1", "s1"]) end(name);
    await Promise.all([good[0], silent[0]]);
    await setImmediate();
    expect(begun).toEqual(["s1", "s2", "g1", "g2", "g3", "s3"]);
  });

  it("lets so many of all servers run", async () => {
    const { add, begun, end } = queue();
    const first = add("0", "0");
    for (const name of ["1", "2", "3", "4", "5"]) void add(name, name);
    await setImmediate();
    expect(begun).toEqual(["0", "1", "2", "3", "4"]);
    end("0");
    await first;
    await setImmediate();
    expect(begun).toHaveLength(6);
  });

  it("keeps the semaphore of a server after one that waited for them has left", async () => {
    const { add, begun } = queue();
    for (const name of ["s1", "s2"]) void add("silent", name);
    const abort = new AbortController();
    const left = add("silent", "s3", abort.signal);
    abort.abort(new Error("changed my mind"));
    await expect(left).rejects.toThrow("changed my mind");
    void add("silent", "s4");
    await setImmediate();
    expect(begun).toEqual(["s1", "s2"]);
  });
});

describe("BytesInFlight", () => {
  it("gives out what was given back, and nothing beyond", () => {
    const bytes = new BytesInFlight(10);
    expect([bytes.take(6), bytes.take(5), bytes.take(4), bytes.take(1)]).toEqual([true, false, true, false]);
    bytes.giveBack(6);
    expect([bytes.take(7), bytes.take(6)]).toEqual([false, true]);
  });
});
