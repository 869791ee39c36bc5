import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backUpStore, drillRestore } from "./backup.ts";
import { openStore } from "./open.ts";
import {
  appendAll,
  batchOf,
  dumpDatabase,
  openOwned,
  runOf,
  scratchFolder,
  valueOf,
  verifyFolder,
} from "./store.fixture.ts";
import { storePaths } from "./store-paths.ts";

describe("a backup", () => {
  it("taken while the owner writes holds everything acknowledged before it began, and verifies", async () => {
    const scratch = scratchFolder();
    const [folder, target] = [join(scratch, "store"), join(scratch, "backup")];
    const store = openOwned(folder);
    await appendAll(store, Array.from({ length: 60 }, (_, index) => runOf(`run_${index}`, 8, "succeeded")).flat());
    const acknowledged = store.end().length;

    const backup = backUpStore(storePaths(folder), target);
    // Goes on writing for as long as the copy takes.
    let isDone = false;
    void backup.finally(() => {
      isDone = true;
    });
    let written = 0;
    for (; !isDone; written += 1) valueOf(await store.append(batchOf("ordered", "run_busy", `${written}`)));
    const receipt = valueOf(await backup);

    expect(written).toBeGreaterThan(0);
    expect(receipt.length).toBeGreaterThanOrEqual(acknowledged);
    expect(receipt.head).toBe(store.entries({ stream: null, fromSeq: receipt.length - 1, limit: 1 })[0]?.digest);
    expect(verifyFolder(target)).toBeNull();
    expect(verifyFolder(folder)).toBeNull();
  });

  it("is refused where a store stands already", async () => {
    const scratch = scratchFolder();
    const folders = [join(scratch, "one"), join(scratch, "two")] as const;
    for (const folder of folders) await openOwned(folder).close();

    expect(await backUpStore(storePaths(folders[0]), folders[1])).toMatchObject({
      ok: false,
      error: { code: "E_BACKUP_EXISTS" },
    });
    expect(await backUpStore(storePaths(join(scratch, "none")), join(scratch, "three"))).toMatchObject({
      ok: false,
      error: { code: "E_INPUT_MISSING" },
    });
  });

  it("replaces what a kill left of one, and nobody else can read it", async () => {
    const scratch = scratchFolder();
    const [folder, target] = [join(scratch, "store"), join(scratch, "backup")];
    await openOwned(folder).close();
    mkdirSync(target, { mode: 0o755 });
    writeFileSync(`${storePaths(target).database}.part`, "half of it");

    valueOf(await backUpStore(storePaths(folder), target));

    const modes = readdirSync(target).map((name) => (statSync(join(target, name)).mode & 0o777).toString(8));
    expect(readdirSync(target)).not.toContain("log.sqlite.part");
    expect(new Set(modes)).toEqual(new Set(["600"]));
    expect(verifyFolder(target)).toBeNull();
  });
});

describe("a restore drill", () => {
  async function createBackup(): Promise<{
    readonly target: string;
    readonly scratch: string;
    readonly length: number;
  }> {
    const scratch = scratchFolder();
    const target = join(scratch, "backup");
    const store = openOwned(join(scratch, "store"));
    await appendAll(store, runOf("run_a", 20, null));
    valueOf(await backUpStore(storePaths(join(scratch, "store")), target));
    return { target, scratch, length: store.end().length };
  }

  it("opens the backup as an owner would, verifies it, and leaves it as it was", async () => {
    const { target, scratch, length } = await createBackup();
    const before = dumpDatabase(storePaths(target).database);

    const drilled = valueOf(await drillRestore(target, scratch));

    expect(drilled.length).toBe(length);
    expect(dumpDatabase(storePaths(target).database)).toBe(before);
    expect(openStore(target).ok).toBe(true);
  });

  it("fails for a backup with one flipped bit", async () => {
    const { target, scratch } = await createBackup();
    const { database } = storePaths(target);
    const bytes = readFileSync(database);
    const at = bytes.lastIndexOf('"outcome":"done"');
    bytes[at + 12] = (bytes[at + 12] ?? 0) ^ 4;
    writeFileSync(database, bytes);

    expect(await drillRestore(target, scratch)).toMatchObject({ ok: false, error: { code: "E_LOG_CHAIN" } });
  });

  it("fails for a backup that is not there", async () => {
    const { target, scratch } = await createBackup();
    rmSync(target, { recursive: true });

    expect(await drillRestore(target, scratch)).toMatchObject({ ok: false, error: { code: "E_INPUT_MISSING" } });
  });
});
