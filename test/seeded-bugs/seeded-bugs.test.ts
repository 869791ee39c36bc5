import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { countOccurrences } from "./edit-source.ts";
import type { BugReport } from "./find-bugs.ts";
import { findByTests } from "./find-by-tests.ts";
import { kernelBugs } from "./kernel-bugs.ts";
import { lineBugs } from "./line-bugs.ts";
import { loopBugs } from "./loop-bugs.ts";

/** What the simulation found out about each bug. */
async function findBugs(...options: readonly string[]): Promise<readonly BugReport[]> {
  // A process of its own, because hooks of the module loader put the bugs in, and the test runner replaces those hooks.
  const script = fileURLToPath(new URL("find-bugs.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", script, "--json", ...options], {
    maxBuffer: 10_000_000,
  });
  // The script prints reports of its own type.
  return JSON.parse(stdout) as readonly BugReport[];
}

const missedOf = (reports: readonly BugReport[]): readonly string[] =>
  reports.filter(({ isFound }) => !isFound).map(({ name }) => name);

const longOf = (reports: readonly BugReport[]): readonly string[] =>
  reports.filter(({ choices }) => choices > 15).map(({ name, choices }) => `${name}: ${choices}`);

describe("seeded bugs of the kernel", () => {
  it("there are at least 25, and 12 of the loop, each a change to text that occurs exactly once in its file", () => {
    const vague = [...kernelBugs, ...loopBugs, ...lineBugs].flatMap((bug) =>
      bug.edits.filter((edit) => countOccurrences(edit) !== 1).map((edit) => `${bug.name}: ${edit.find}`),
    );

    expect(vague).toEqual([]);
    expect(kernelBugs.length).toBeGreaterThanOrEqual(25);
    expect(loopBugs.length).toBeGreaterThanOrEqual(12);
  });

  it("each is found, and shrinks to a story of at most 15 choices", { timeout: 240_000 }, async () => {
    const reports = await findBugs();

    expect([missedOf(reports), longOf(reports)]).toEqual([[], []]);
    expect(reports).toHaveLength(kernelBugs.length);
  });
});

describe("seeded bugs of the engine's loop", () => {
  it("each is found, and shrinks to a story of at most 15 choices", { timeout: 240_000 }, async () => {
    const reports = await findBugs("--loop");

    expect([missedOf(reports), longOf(reports)]).toEqual([[], []]);
    expect(reports).toHaveLength(loopBugs.length);
  });
});

describe("seeded bugs of the engine, the log and what no simulated plan leads to", () => {
  it("each fails a test of its own test file", { timeout: 240_000 }, async () => {
    const left = [...lineBugs];
    const missed: string[] = [];
    // Two at a time, because a small machine has two processors.
    const work = async (): Promise<void> => {
      for (let bug = left.pop(); bug !== undefined; bug = left.pop())
        if ((await findByTests(bug)).failed.length === 0) missed.push(bug.name);
    };
    await Promise.all([work(), work()]);

    expect(missed).toEqual([]);
  });

  it("with those of the kernel, one breaks each invariant that concerns the kernel and its engine", () => {
    const page = readFileSync(new URL("../../docs/invariants.md", import.meta.url), "utf8").split("\n## ")[1] ?? "";
    const named = [...page.matchAll(/^\| (I\d+) \|/gm)].map(([, name]) => name);
    const broken = new Set([...kernelBugs, ...loopBugs, ...lineBugs].map(({ breaks }) => breaks));

    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => name === undefined || !broken.has(name))).toEqual([]);
  });
});
