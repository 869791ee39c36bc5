import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { countOccurrences } from "./edit-source.ts";
import type { BugReport } from "./find-bugs.ts";
import type { LineReport } from "./find-by-tests.ts";
import { kernelBugs } from "./kernel-bugs.ts";
import { lineBugs } from "./line-bugs.ts";
import { loopBugs } from "./loop-bugs.ts";

/** What a script of this folder reports as JSON. */
async function reportsOf(script: string, ...options: readonly string[]): Promise<unknown> {
  // A process of its own, because hooks of the module loader put the bugs in, and the test runner replaces those hooks.
  // For the same reason it must not get the settings for the workers of this test runner.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--no-warnings", fileURLToPath(new URL(script, import.meta.url)), "--json", ...options],
    { env, maxBuffer: 20_000_000 },
  );
  return JSON.parse(stdout);
}

/** What the simulation finds out about each bug: from its kept schedules, or by a search where they do not find it. */
async function findBugs(...options: readonly string[]): Promise<readonly BugReport[]> {
  // The script prints reports of its own type.
  const reports = (await reportsOf("find-bugs.ts", "--kept", ...options)) as readonly BugReport[];
  const stale = reports.filter(({ isFound, isKept }) => isFound && !isKept).map(({ name }) => `  ${name}\n`);
  if (stale.length > 0)
    console.warn(
      `notice: a search found these bugs, but kept-schedules.json keeps no schedule that does:\n${stale.join("")}` +
        "Searching takes minutes. Renew the file: `npm run seeded-bugs:keep`",
    );
  return reports;
}

const missedOf = (reports: readonly BugReport[]): readonly string[] =>
  reports.filter(({ isFound }) => !isFound).map(({ name }) => name);

const longOf = (reports: readonly BugReport[]): readonly string[] =>
  reports.filter(({ choices }) => choices > 15).map(({ name, choices }) => `${name}: ${choices}`);

/** The bugs whose kept schedules break something without the bug too. */
const falseAlarmsOf = (reports: readonly BugReport[]): readonly string[] =>
  reports
    .filter(({ problemWithoutBug }) => problemWithoutBug !== "")
    .map(({ name, problemWithoutBug }) => `${name}: ${problemWithoutBug}`);

describe("seeded bugs of the kernel", () => {
  it("there are at least 25, and 12 of the loop, each a change to text that occurs exactly once in its file", () => {
    const vague = [...kernelBugs, ...loopBugs, ...lineBugs].flatMap((bug) =>
      bug.edits.filter((edit) => countOccurrences(edit) !== 1).map((edit) => `${bug.name}: ${edit.find}`),
    );

    expect(vague).toEqual([]);
    expect(kernelBugs.length).toBeGreaterThanOrEqual(25);
    expect(loopBugs.length).toBeGreaterThanOrEqual(12);
  });

  it("each is found and told in at most 15 choices, at which nothing breaks without the bug", {
    timeout: 240_000,
  }, async () => {
    const reports = await findBugs();

    expect([missedOf(reports), longOf(reports), falseAlarmsOf(reports)]).toEqual([[], [], []]);
    expect(reports).toHaveLength(kernelBugs.length);
  });
});

describe("seeded bugs of the engine's loop", () => {
  it("each is found and told in at most 15 choices, at which nothing breaks without the bug", {
    timeout: 240_000,
  }, async () => {
    const reports = await findBugs("--loop");

    expect([missedOf(reports), longOf(reports), falseAlarmsOf(reports)]).toEqual([[], [], []]);
    expect(reports).toHaveLength(loopBugs.length);
  });
});

describe("seeded bugs of the engine, the log and what no simulated plan leads to", () => {
  it("each fails a test of its own test file", { timeout: 240_000 }, async () => {
    // The script prints reports of its own type.
    const reports = (await reportsOf("find-by-tests.ts")) as readonly LineReport[];

    expect(reports.filter(({ failed }) => failed.length === 0).map(({ name }) => name)).toEqual([]);
    expect(reports).toHaveLength(lineBugs.length);
  });

  it("with those of the kernel, one breaks each invariant that concerns the kernel and its engine", () => {
    const page = readFileSync(new URL("../../docs/invariants.md", import.meta.url), "utf8").split("\n## ")[1] ?? "";
    const named = [...page.matchAll(/^\| (I\d+) \|/gm)].map(([, name]) => name);
    const broken = new Set([...kernelBugs, ...loopBugs, ...lineBugs].map(({ breaks }) => breaks));

    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => name === undefined || !broken.has(name))).toEqual([]);
  });
});
