import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startTimeOf } from "../../src/base/process/start-time.mjs";

const pollMs = 500;
/** How long the remains of a dead holder's lock stay, so that a slow rival still meets them; see `takeFromDead`. */
const graveMs = 60 * 60 * 1000;

const readHolder = (lock) => {
  try {
    return JSON.parse(readFileSync(join(lock, "holder.json"), "utf8"));
  } catch {
    return undefined;
  }
};

/** A folder that already names its holder is renamed to the lock: there is never a lock without a holder, and renaming onto one fails. */
const tryTake = (lock) => {
  const mine = mkdtempSync(`${lock}.new-`);
  writeFileSync(join(mine, "holder.json"), JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
  try {
    renameSync(mine, lock);
    return true;
  } catch {
    rmSync(mine, { recursive: true });
    return false;
  }
};

/**
 * Moves a dead holder's lock away. The new name is made of the dead holder's identity: of two that saw the same dead holder the second cannot
 * move the first one's new lock, because the name is taken.
 */
const takeFromDead = (lock, holder) => {
  try {
    renameSync(lock, `${lock}.dead-${holder.pid}-${holder.startTime}`);
  } catch {
    // Somebody else was faster.
  }
};

const clearGraves = (lock) => {
  for (const name of readdirSync(dirname(lock))) {
    const path = join(dirname(lock), name);
    if (name.startsWith(`${basename(lock)}.`) && Date.now() - statSync(path, { throwIfNoEntry: false })?.mtimeMs > graveMs)
      rmSync(path, { recursive: true, force: true });
  }
};

/** Runs `action` while no other process that asks for the same lock does. Says so once when it has to wait. */
export const withLock = async (lock, say, action) => {
  mkdirSync(dirname(lock), { recursive: true });
  for (let said = false; !tryTake(lock);) {
    const holder = readHolder(lock);
    if (holder !== undefined && startTimeOf(holder.pid) !== holder.startTime) {
      takeFromDead(lock, holder);
      continue;
    }
    if (!said && holder !== undefined) say(`waiting for another setup (process ${holder.pid})`);
    said ||= holder !== undefined;
    await delay(pollMs);
  }
  try {
    clearGraves(lock);
    return await action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
};
