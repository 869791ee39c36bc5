import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { kernelBugs } from "./bugs.ts";
import type { BugReport } from "./find-bugs.ts";
import { countOccurrences } from "./load-bug.ts";

describe("seeded bugs of the kernel", () => {
  test("there are at least 25, each a change to text that stands in its file exactly once", () => {
    const vague = kernelBugs.flatMap((bug) => bug.edits.filter((edit) => countOccurrences(edit) !== 1).map((edit) => `${bug.name}: ${edit.find}`));

    expect(vague).toEqual([]);
    expect(kernelBugs.length).toBeGreaterThanOrEqual(25);
  });

  test("each is found, and shrinks to a story of at most 15 choices", { timeout: 240_000 }, async () => {
    // A process of its own: the defects are put in by hooks of the module loader, which the test runner replaces.
    const script = fileURLToPath(new URL("find-bugs.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--no-warnings", script, "--json"], { maxBuffer: 10_000_000 });
    // The script prints reports of its own type.
    const reports = JSON.parse(stdout) as readonly BugReport[];

    expect(reports.filter((report) => !report.isFound).map((report) => report.name)).toEqual([]);
    expect(reports.filter((report) => report.choices > 15).map((report) => `${report.name}: ${report.choices}`)).toEqual([]);
    expect(reports).toHaveLength(kernelBugs.length);
  });
});
