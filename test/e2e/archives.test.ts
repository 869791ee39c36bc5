// Archives that are damaged, missing or from another store, and archiving that is killed or runs out of disk.
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyOnce, archiveAll, archives, documentOf, fillStore, verifyApart } from "./archive.fixture.ts";
import { createE2eSite, type E2eSite, type Printed, refusedWith } from "./e2e-site.fixture.ts";

const binary = fileURLToPath(new URL("../../bin/interlock.js", import.meta.url));

let site: E2eSite;

beforeEach(async () => {
  site = await createE2eSite();
});

afterEach(() => site.remove());

describe("an archive", () => {
  it("with any bit flipped is found, and puts nothing back", async () => {
    await applyOnce(site, "debug");
    await site.run(...archiveAll);
    const [path = ""] = archives(site);
    const intact = readFileSync(path);
    const length = site.events().length;

    for (const at of [
      0,
      12,
      Math.floor(intact.length / 3),
      Math.floor(intact.length / 2),
      intact.length - 40,
      intact.length - 1,
    ]) {
      const flipped = Buffer.from(intact);
      flipped[at] = (intact[at] ?? 0) ^ 1;
      writeFileSync(path, flipped);
      const ends = [
        await site.run("log", "verify", "--archive", "archive"),
        await site.run("store", "archives", "--archive", "archive"),
        await site.run("store", "restore", path, "--json"),
      ];

      expect([at, ...ends.map(({ exitCode }) => exitCode)]).toEqual([at, 15, 15, 15]);
      expect(refusedWith(ends[2] as Printed)).toEqual(["E_ARCHIVE"]);
      expect([at, (await verifyApart(site, path)).exitCode]).toEqual([at, 15]);
    }

    expect(site.events().filter(({ kind }) => kind === ("body_restored" as string))).toEqual([]);
    expect(
      site
        .events()
        .slice(length)
        .every(({ kind }) => kind === "input_refused" || kind === "engine_opened"),
    ).toBe(true);
    // A store without the bodies cannot archive them again, so the archive is brought back as it was.
    writeFileSync(path, intact);
    expect((await site.run("store", "restore", path)).exitCode).toBe(0);
  });

  it("that is missing is named by the commands that need it, and by no other", async () => {
    await applyOnce(site, "debug");
    await site.run(...archiveAll);
    const [path = ""] = archives(site);
    renameSync(path, join(site.folder, "elsewhere.jsonl"));

    const restored = await site.run("store", "restore", "--run", "last", "--archive", "archive", "--json");

    expect([refusedWith(restored), restored.exitCode]).toEqual([["E_INPUT_MISSING"], 66]);
    expect((await site.run("log", "verify")).exitCode).toBe(0);
    expect((await site.run("log", "verify", "--archive", "archive")).exitCode).toBe(15);
    expect((await site.run("store", "archives", "--archive", "archive")).exitCode).toBe(15);
    expect((await site.run("store", "restore", "elsewhere.jsonl")).exitCode).toBe(0);
  });

  it("of another store puts nothing back", async () => {
    await applyOnce(site, "debug");
    await site.run(...archiveAll);
    const other = await createE2eSite();
    try {
      expect(refusedWith(await other.run("store", "restore", archives(site)[0] ?? "", "--json"))).toEqual([
        "E_ARCHIVE",
      ]);
    } finally {
      other.remove();
    }
  });
});

describe("in the middle of it", () => {
  it("a kill -9 at any moment loses no body, and the same command goes on", { timeout: 60_000 }, async () => {
    const folder = join(site.folder, "big");
    await fillStore(folder, { runCount: 20, stepCount: 400, output: "x".repeat(40) });
    const argv = ["--store", folder, ...archiveAll] as const;
    const kills: { readonly verified: number; readonly removed: number }[] = [];

    // One chunk is done and the next has begun: the kill hits its reading, the writing of its archive, or its commit.
    for (const afterMs of [0, 10, 40]) {
      const command = site.start(...argv);
      // A fast machine may finish the rest before it can be killed.
      if (
        !(await command.shown("so far").then(
          () => true,
          () => false,
        ))
      )
        break;
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      command.child.kill("SIGKILL");
      await command.ended;
      const verified = await site.run("--store", folder, "log", "verify", "--archive", "archive", "--json");
      kills.push({ verified: verified.exitCode, removed: Number(documentOf(verified)["removedCount"]) });
    }
    const finished = await site.start(...argv, "--json").ended;

    expect(kills.length).toBeGreaterThan(0);
    expect(kills.every(({ verified }) => verified === 0)).toBe(true);
    expect(kills.every(({ removed }, index) => removed > (kills[index - 1]?.removed ?? 0))).toBe(true);
    expect(finished.exitCode).toBe(0);
    expect(
      documentOf(await site.run("--store", folder, "log", "verify", "--archive", "archive", "--json")),
    ).toMatchObject({ removedCount: 8_000, archivedCount: 8_000 });
    expect(archives(site).filter((path) => path.endsWith(".partial"))).toEqual([]);
  });

  it("a disk that is full removes nothing and leaves no half archive; with space again all of it goes", async () => {
    const folder = join(site.folder, "big");
    // Quotes take twice the room in an archive, so the store fits below the limit and its archive does not.
    await fillStore(folder, { runCount: 1, stepCount: 20, output: '"'.repeat(50_000) });
    const argv = ["--store", folder, ...archiveAll, "--json"];

    const full = spawnSync(
      "bash",
      ["-c", `trap "" XFSZ; ulimit -f 3000; exec "$0" "$@"`, process.execPath, binary, ...argv],
      {
        cwd: site.folder,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: site.folder, INTERLOCK_NO_INPUT: "1" },
      },
    );
    const between = documentOf(await site.run("--store", folder, "log", "verify", "--json"));
    const again = await site.run(...argv);

    expect([full.status, JSON.parse(full.stdout)]).toMatchObject([1, { problems: [{ code: "E_STORE_FULL" }] }]);
    expect(between).toMatchObject({ ok: true, removedCount: 0 });
    expect(documentOf(again)).toMatchObject({ bodies: 20 });
    expect(archives(site)).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });
});
