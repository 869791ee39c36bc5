// Pipes, folders and files without a byte where the store's files belong. The commands that would wait run with a time
// limit of their own: the test's.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../core/value/codes.ts";
import type { Result } from "../../core/value/result.ts";
import { backUpStore, drillRestore } from "./backup.ts";
import { openStore } from "./open.ts";
import { openReader } from "./reader.ts";
import { openSqliteMirror } from "./sqlite-mirror.ts";
import { appendAll, openOwned, runOf, scratchFolder } from "./store.fixture.ts";
import { mirrorPaths, storePaths } from "./store-paths.ts";
import { storeVersion } from "./store-version.ts";

async function storeOf(length: number): Promise<string> {
  const folder = join(scratchFolder(), "store");
  const store = openOwned(folder);
  await appendAll(store, runOf("run_a", length, "succeeded"));
  await store.close();
  return folder;
}

/** Every way in that opens the store in this folder, by what it says. */
async function saidOf(folder: string): Promise<readonly string[]> {
  const scratch = scratchFolder();
  const results: readonly Result<unknown, Problem>[] = [
    openReader(folder),
    storeVersion(folder),
    await backUpStore(storePaths(folder), join(scratch, "copy")),
    await drillRestore(folder, scratch),
    openStore(folder),
  ];
  return results.map((result) => (result.ok ? "opened" : `${result.error.code} ${result.error.message}`));
}

describe("a file of the store that is no file", () => {
  it.each([
    ["log.sqlite", "a named pipe"],
    ["log.sqlite-journal", "a named pipe"],
    ["log.sqlite-wal", "a named pipe"],
    ["log.sqlite", "a folder"],
  ] as const)("`%s` as %s is refused by every way in, and nothing waits for it", async (name, kind) => {
    const folder = await storeOf(3);
    rmSync(join(folder, name), { force: true });
    if (kind === "a folder") mkdirSync(join(folder, name));
    else execFileSync("mkfifo", [join(folder, name)]);

    const said = await saidOf(folder);

    expect(said.filter((one) => !/^E_STORE_IO .*where a file of the store belongs/.test(one))).toEqual([]);
    expect(said[0]).toContain(`${name}\` is ${kind}`);
  });

  it.each(["owner.lock", "owner.lock-wal"])(
    "a pipe as `%s` keeps nobody waiting, and is told as a pipe",
    async (name) => {
      const folder = await storeOf(1);
      rmSync(join(folder, name), { force: true });
      execFileSync("mkfifo", [join(folder, name)]);

      const opened = openStore(folder);

      expect(opened).toMatchObject({
        ok: false,
        error: { code: "E_STORE_IO", hint: expect.stringContaining("move it") },
      });
      expect(opened).toMatchObject({ error: { message: expect.stringContaining("is a named pipe") } });
    },
  );

  it("a pipe in place of a mirror or of its lock keeps nobody waiting", () => {
    for (const name of ["database", "lock"] as const) {
      const folder = scratchFolder();
      execFileSync("mkfifo", [mirrorPaths(folder)[name]]);

      expect(openSqliteMirror(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_IO" } });
    }
  });

  it("a pipe in place of the head is damage to who would own the store, and to a backup", async () => {
    const folder = await storeOf(1);
    const { head } = storePaths(folder);
    rmSync(head);
    execFileSync("mkfifo", [head]);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_CORRUPT" } });
    expect(await backUpStore(storePaths(folder), join(scratchFolder(), "copy"))).toMatchObject({ ok: false });
  });
});

describe("a store whose database has no byte", () => {
  it("is told by every way in as records that are gone, and is left as it is", async () => {
    const folder = await storeOf(34);
    const { database } = storePaths(folder);
    truncateSync(database, 0);
    writeFileSync(`${database}-wal`, "what may still hold them");

    const said = await saidOf(folder);

    expect(new Set(said)).toEqual(
      new Set([`E_LOG_TRUNCATED \`${database}\` has no byte, and 36 records were acknowledged`]),
    );
    expect(statSync(database).size).toBe(0);
    expect(readFileSync(`${database}-wal`, "utf8")).toBe("what may still hold them");
  });

  it("that is gone altogether is not begun anew", async () => {
    const folder = await storeOf(1);
    const { database } = storePaths(folder);
    rmSync(database);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_LOG_TRUNCATED" } });
    expect(readdirSync(folder)).not.toContain("log.sqlite");
  });

  it("is no backup, and no store to a reader, where nothing was acknowledged", async () => {
    const folder = scratchFolder();
    writeFileSync(storePaths(folder).database, "");

    expect(await drillRestore(folder, scratchFolder())).toMatchObject({
      ok: false,
      error: { code: "E_STORE_CORRUPT" },
    });
    expect(openReader(folder)).toMatchObject({
      ok: false,
      error: { code: "E_INPUT_MISSING", message: expect.stringContaining("is empty") },
    });
    expect(openStore(folder).ok).toBe(true);
  });
});

it("a drill takes the store's own files, whatever else lies beside them", async () => {
  const folder = await storeOf(1);
  execFileSync("mkfifo", [join(folder, "engine.sock")]);
  mkdirSync(join(folder, "archives"));

  expect(await drillRestore(folder, scratchFolder())).toMatchObject({ ok: true, value: { length: 3 } });
});
