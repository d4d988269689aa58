import { rm } from "node:fs/promises";
import { systemClock } from "../../../src/base/time/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { ownEnvironment } from "../../../src/base/process/environment.ts";
import { startControlPlane, type ControlPlane } from "../../../src/local/control-plane/boot.ts";
import { reapLeftovers } from "../../../src/local/control-plane/leftovers.ts";
import { createRunDirectory, openRunRoot } from "../../../src/local/control-plane/run-directory.ts";
import { findTools } from "../../../src/local/control-plane/tools.ts";
import { etcdOf } from "./etcd.ts";
import { restore, takeSnapshot } from "./restore.ts";
import { groupsServed } from "./served.ts";

/** A control plane of somebody's own, until it is given back. */
export interface Taken {
  readonly controlPlane: ControlPlane;
  giveBack(): Promise<void>;
}

/** Control planes that are used by one after the other, each time as they were when they had booted. */
export interface Pool {
  /** One that nobody else has. */
  take(): Promise<Taken>;
  stop(): Promise<void>;
}

/** Keeps at most `most` of them for the next one. Whoever comes while all are in use gets one more. */
export const createPool = (most: number): Pool => {
  const all = new Set<Promise<Member>>();
  const idle: Promise<Member>[] = [];
  let stopped = false;
  const note = (member: Promise<Member>): Promise<Member> => {
    all.add(member);
    member.catch(() => all.delete(member));
    return member;
  };
  const end = async (member: Promise<Member>): Promise<void> => {
    all.delete(member);
    await (await member).end();
  };
  const giveBack = async (member: Promise<Member>): Promise<void> => {
    if (stopped || idle.length >= most) return end(member);
    all.delete(member);
    idle.push(note(member.then(asBooted)));
  };
  return {
    take: async () => {
      const kept = idle.shift();
      if (kept !== undefined) all.delete(kept);
      // One that is being put in order is worth waiting for.
      const member = note(kept === undefined ? bootMember() : kept.then(asLeft));
      const { controlPlane } = await member;
      return { controlPlane, giveBack: () => giveBack(member) };
    },
    stop: async () => {
      stopped = true;
      await Promise.allSettled([...all].map(end));
    },
  };
};

const another = async (member: Member): Promise<Member> => {
  await member.end();
  return bootMember();
};

/** The same one, or another. */
const asBooted = async (member: Member): Promise<Member> => ((await member.restore()) ? member : another(member));

/** The same one, or another when it has died since: one that is kept waits for hours. */
const asLeft = async (member: Member): Promise<Member> => ((await member.isClean()) ? member : another(member));

interface Member {
  readonly controlPlane: ControlPlane;
  /** False when it is better to boot another. */
  restore(): Promise<boolean>;
  /** Answers, and serves what it served after the boot. */
  isClean(): Promise<boolean>;
  end(): Promise<void>;
}

const bootMember = async (): Promise<Member> => {
  const env = ownEnvironment();
  const signal = new AbortController().signal;
  const deps = { clock: systemClock, log: silentLogger };
  const root = await openRunRoot(env);
  await reapLeftovers(root, deps, signal);
  const directory = createRunDirectory(root);
  const controlPlane = await startControlPlane({ tools: findTools(env), directory, ...deps }, signal);
  const etcd = etcdOf(directory);
  const [snapshot, groups] = [await takeSnapshot(etcd), await groupsServed(controlPlane)];
  const isClean = async (): Promise<boolean> => (await groupsServed(controlPlane)).join() === groups.join();
  return {
    controlPlane,
    restore: () => restore(etcd, snapshot, isClean).catch(() => false),
    isClean: () => isClean().catch(() => false),
    end: async () => {
      await controlPlane.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
