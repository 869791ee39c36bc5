// Paths that lead nowhere, and output that nobody can keep.

import { spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createE2eSite, type E2eSite, refusedWith } from "./e2e-site.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));

let site: E2eSite;

beforeAll(async () => {
  site = await createE2eSite();
});

afterAll(() => site.remove());

describe("a store that is named and does not exist", () => {
  it.each([
    [["runs"]],
    [["locks"]],
    [["actions", "list"]],
    [["grants"]],
    [["resume"]],
    [["freeze"]],
    [["show"]],
    [["log", "verify"]],
    [["watch"]],
  ])("is missing input to `%s`, and is not created", async (words) => {
    const nowhere = join(site.folder, "nowhere");

    const refused = await site.run("--store", nowhere, ...words, "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it("and lies below a file is told as a wrong path, not as an owner that does not answer", async () => {
    const below = join(site.folder, "interlock.yaml", "store");

    const refused = await site.run("--store", below, "trust", "--json");

    expect([refusedWith(refused), refused.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
  });
});

describe.skipIf(!existsSync("/dev/full"))("output that cannot be written", () => {
  it.each([[["runs"]], [["log", "export"]], [["doctor"]]])("is told by `%s` on stderr, with a code", (words) => {
    const full = openSync("/dev/full", "w");

    const { status, stderr } = spawnSync(
      process.execPath,
      [binary, "--store", join(site.folder, ".interlock"), ...words],
      {
        cwd: site.folder,
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      },
    );

    expect([status, stderr.match(/E_OUTPUT_LOST/g)?.length]).toEqual([1, 1]);
    expect(stderr).toContain("ENOSPC");
  });
});
