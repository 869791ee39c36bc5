import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { DIRECTORY_PREFIX } from "./install.ts";
import { isOwnerAlive, isProcessAlive, readProcessStart, sweepLeftovers, writeOwner } from "./sweep.ts";

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function makeLeftover(): string {
  const directory = mkdtempSync(join(tmpdir(), DIRECTORY_PREFIX));
  made.push(directory);
  mkdirSync(join(directory, "data"));
  writeFileSync(join(directory, "data", "PG_VERSION"), "18\n");
  return directory;
}

/** The id of a process that has just ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid ?? 0;
}

describe("sweepLeftovers", () => {
  it("a directory whose owner has ended is removed, one whose owner lives is not", async () => {
    const [dead, alive] = [makeLeftover(), makeLeftover()];
    writeOwner(dead, { pid: await endedPid(), startedAt: "1" });
    writeOwner(alive, { pid: process.pid, startedAt: readProcessStart(process.pid) });

    const removed = sweepLeftovers();

    expect(removed).toContain(dead);
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(alive)).toBe(true);
  });

  it("a directory without an owner is left alone until it is old: it may be in the making", () => {
    const [fresh, old] = [makeLeftover(), makeLeftover()];
    utimesSync(old, new Date(0), new Date(0));

    sweepLeftovers();

    expect(existsSync(fresh)).toBe(true);
    expect(existsSync(old)).toBe(false);
  });
});

it.skipIf(readProcessStart(process.pid) === "")("an owner whose process id was reused is not alive", () => {
  expect(isOwnerAlive({ pid: process.pid, startedAt: readProcessStart(process.pid) })).toBe(true);
  expect(isOwnerAlive({ pid: process.pid, startedAt: "1" })).toBe(false);
});

it("a process that has ended is not alive", async () => {
  expect(isProcessAlive(await endedPid())).toBe(false);
});
