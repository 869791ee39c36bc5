// `interlock store upgrade` on stores of every earlier version.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { recordedContext } from "../../../src/faces/cli/context.fixture.ts";
import { main } from "../../../src/faces/cli/main.ts";
import { type Interlock, openInterlock } from "../../../src/interlock.ts";
import { takeOwnerLock } from "../../../src/log/sqlite/owner-lock.ts";
import { schemaVersion } from "../../../src/log/sqlite/schema.ts";
import { dumpDatabase, openOwned, read, verifyFolder } from "../../../src/log/sqlite/store.fixture.ts";
import { storePaths } from "../../../src/log/sqlite/store-paths.ts";
import { versionedEnd } from "../../../src/log/sqlite/store-version.ts";
import { upgradeStore } from "../../../src/log/sqlite/upgrade.ts";
import {
  copyGolden,
  copyVersion1,
  goldenStores,
  plainUpgrade,
  scratchFolder,
  valueOf,
} from "./golden-store.fixture.ts";

const fixture = fileURLToPath(new URL("upgrade.fixture.ts", import.meta.url));

/** The version that release 0.1.0 wrote. */
const version = 2;
const ofVersion = goldenStores.filter((name) => name.startsWith("0.1.0/"));

async function openStoreDoor(store: string, kind: "person" | "service" | "agent" = "person"): Promise<Interlock> {
  const door = await valueOf(openInterlock({ config: null, store, actor: { kind, id: "olivia", keyId: null } }));
  onTestFinished(async () => void (await door.close()));
  return door;
}

async function typed(store: string, ...argv: readonly string[]) {
  const environment = { INTERLOCK_ACTOR: "olivia", NO_COLOR: "1" };
  const context = recordedContext({ cwd: dirname(store), environment });
  const exitCode = await main(["--store", store, ...argv], () => context);
  return { exitCode, ...context.printed };
}

/** The digests of a store's files. A write-ahead log without a frame counts as none. */
function filesOf(store: string): readonly string[] {
  const { database, head } = storePaths(store);
  return [database, `${database}-wal`, head]
    .filter((path) => existsSync(path) && statSync(path).size > 0)
    .map((path) => `${basename(path)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`);
}

function endOf(store: string): { readonly version: number; readonly length: number; readonly head: string } {
  const end = versionedEnd(store);
  if (!end.ok) throw new Error(end.error.message);
  return end.value;
}

function copyOf(store: string, version: number): string {
  return `${store}-version-${version}`;
}

describe.each(ofVersion)("the store %s", (name) => {
  it("is copied, brought to each version in turn, and given its id", async () => {
    const { store } = copyGolden(name);
    const before = endOf(store);
    const door = await openStoreDoor(store);

    const upgraded = await valueOf(door.upgrade(plainUpgrade));

    const reached = Array.from({ length: schemaVersion - version }, (_, index) => version + 1 + index);
    const storeId = read(store, (reader) => reader.storeId());
    expect(upgraded).toMatchObject({ fromVersion: version, toVersion: schemaVersion, storeId });
    expect(storeId).toMatch(/^st_[0-9a-f]{32}$/);
    expect(upgraded.steps).toMatchObject([
      { kind: "backed_up", folder: copyOf(store, version) },
      ...reached.map((one) => ({ kind: "version_reached", version: one })),
      { kind: "id_given", storeId },
    ]);
    expect(endOf(copyOf(store, version))).toEqual(before);
    expect(verifyFolder(store)).toBeNull();
    expect(
      read(store, (reader) => reader.entries({ stream: null, fromSeq: before.length - 1, limit: 1 })),
    ).toMatchObject([{ digest: before.head }]);
  });

  it("upgraded twice is a store upgraded once", async () => {
    const { store } = copyGolden(name);
    const door = await openStoreDoor(store);
    const first = await valueOf(door.upgrade(plainUpgrade));
    const before = dumpDatabase(storePaths(store).database);

    const second = await valueOf(door.upgrade(plainUpgrade));

    expect(second).toEqual({ fromVersion: schemaVersion, toVersion: schemaVersion, storeId: first.storeId, steps: [] });
    expect(dumpDatabase(storePaths(store).database)).toBe(before);
    expect(readdirSync(dirname(store)).filter((name) => name.startsWith(".interlock-"))).toEqual([
      `.interlock-version-${version}`,
    ]);
  });

  it("that a dry run looks at stays as it is", async () => {
    const { store } = copyGolden(name);
    const before = filesOf(store);
    const beside = readdirSync(dirname(store));
    const door = await openStoreDoor(store, "agent");

    const upgraded = await valueOf(door.upgrade({ ...plainUpgrade, isDryRun: true }));

    expect(upgraded).toMatchObject({ fromVersion: version, toVersion: schemaVersion, storeId: null });
    expect(upgraded.steps.map(({ kind }) => kind).at(0)).toBe("backed_up");
    expect(upgraded.steps.map(({ kind }) => kind).at(-1)).toBe("id_given");
    expect(filesOf(store)).toEqual(before);
    expect(readdirSync(dirname(store))).toEqual(beside);
  });

  // Before the first step, and after each.
  it.each(Array.from({ length: schemaVersion - version + 3 }, (_, count) => count))(
    "whose upgrade is killed after %i steps is whole, and the same command finishes",
    async (count) => {
      const { store } = copyGolden(name);
      const before = endOf(store);

      const { signal, stdout } = spawnSync(process.execPath, [fixture, store, `${count}`], { encoding: "utf8" });
      const between = endOf(store);
      const door = await openStoreDoor(store);
      const upgraded = await valueOf(door.upgrade(plainUpgrade));

      expect({ signal, stdout }).toEqual({ signal: "SIGKILL", stdout: "" });
      expect(between.version).toBe(Math.max(version, Math.min(schemaVersion, version + count - 1)));
      expect(upgraded.toVersion).toBe(schemaVersion);
      expect(read(store, (reader) => reader.storeId())).toBe(upgraded.storeId);
      expect(verifyFolder(store)).toBeNull();
      expect(endOf(copyOf(store, version))).toEqual(before);
    },
  );
});

describe("a store of version 1, from before the first release", () => {
  // Before the first step, and after each.
  it.each([0, 1, 2, 3, 99])(
    "is brought to one version after the other, and a kill after %i steps costs nothing",
    async (count) => {
      const store = copyVersion1();
      const copy = copyOf(store, 1);
      const before = endOf(store);

      const { stdout } = spawnSync(process.execPath, [fixture, store, `${count}`, copy], { encoding: "utf8" });
      const between = endOf(store);
      const reached: number[] = [];
      const upgraded = await upgradeStore(store, {
        backupFolder: copy,
        onBackedUp: () => undefined,
        onStep: (step) => reached.push(step.version),
      });

      expect(stdout).toBe(count === 99 ? "3\n" : "");
      expect(between).toEqual({ ...before, version: Math.max(1, Math.min(count, 3)) });
      expect(upgraded.ok).toBe(true);
      expect(reached).toEqual([2, 3].slice(between.version - 1));
      expect(endOf(store)).toEqual({ ...before, version: 3 });
      expect(endOf(copy)).toEqual(before);
      expect(verifyFolder(store)).toBeNull();
    },
  );

  it("whose disk fills up in the middle of a version has the version before and all of its records", async () => {
    const store = copyVersion1();
    const before = dumpDatabase(storePaths(store).database);

    const { stdout } = limited(90, store, "99", "none");
    const between = dumpDatabase(storePaths(store).database);
    const upgraded = await upgradeStore(store, {
      backupFolder: null,
      onBackedUp: () => undefined,
      onStep: () => undefined,
    });

    expect(stdout).toMatch(/^E_STORE_(?:FULL|IO)$/m);
    expect(between).toBe(before);
    expect(upgraded.ok).toBe(true);
    expect(verifyFolder(store)).toBeNull();
  });
});

describe("an upgrade", () => {
  it("says what the store was, what it is now and what was done; again, that nothing is to do", async () => {
    const { store } = copyGolden("0.1.0/settled");

    const dry = await typed(store, "store", "upgrade", "--dry-run");
    const first = await typed(store, "store", "upgrade");
    const second = await typed(store, "store", "upgrade");

    const copy = copyOf(store, 2);
    const what = "version 3: the store has a place for its id";
    const storeId = read(store, (reader) => reader.storeId());
    expect(dry).toEqual({
      exitCode: 0,
      err: "",
      out:
        `would copy and verify: ${copy}\nwould reach ${what}\nwould give the store an id\n` +
        "the store has version 2, and would have version 3\n",
    });
    expect(first).toEqual({
      exitCode: 0,
      err: "next: interlock log verify\n",
      out:
        `copied and verified: ${copy}\nreached ${what}\ngave the store its id: ${storeId}\n` +
        "the store had version 2, and has version 3 now\n",
    });
    expect(second).toEqual({
      exitCode: 0,
      err: "",
      out: `nothing to do: the store has version 3 already, and the id ${storeId}\n`,
    });
  });

  it("tells a script the same as one document", async () => {
    const { store } = copyGolden("0.1.0/killed");
    const named = join(dirname(store), "before");

    const { exitCode, out } = await typed(store, "store", "upgrade", "--backup", "before", "--json");

    const storeId = read(store, (reader) => reader.storeId());
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      format: "interlock.store-upgrade/1",
      dryRun: false,
      fromVersion: 2,
      toVersion: 3,
      storeId,
      steps: [
        { kind: "backed_up", folder: named },
        { kind: "version_reached", version: 3, what: "the store has a place for its id" },
        { kind: "id_given", storeId },
      ],
    });
  });

  it("makes no copy where none is wanted", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const beside = readdirSync(dirname(store));

    const { exitCode } = await typed(store, "store", "upgrade", "--no-backup");

    expect(exitCode).toBe(0);
    expect(endOf(store).version).toBe(schemaVersion);
    expect(readdirSync(dirname(store))).toEqual(beside);
  });

  it("is a service's to do, and no agent's: a refusal leaves the store as it is", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const before = filesOf(store);

    const refused = await (await openStoreDoor(store, "agent")).upgrade(plainUpgrade);
    const after = filesOf(store);
    const done = await (await openStoreDoor(store, "service")).upgrade(plainUpgrade);

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_NOT_PERMITTED" }] });
    expect(after).toEqual(before);
    expect(done.ok).toBe(true);
  });

  it("is refused where another process owns the store, and changes nothing", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const before = filesOf(store);
    const lock = takeOwnerLock(storePaths(store).lock);
    onTestFinished(() => (lock.ok ? lock.value.release() : undefined));

    const refused = await (await openStoreDoor(store)).upgrade(plainUpgrade);

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_STORE_LOCKED" }] });
    // The runs of an older store cannot be listed: that would be no help.
    expect(refused.ok ? [] : refused.error.map(({ next }) => next)).toEqual([undefined]);
    expect(filesOf(store)).toEqual(before);
    expect(existsSync(copyOf(store, 2))).toBe(false);
  });

  it("has nothing to do in a store that is up to date, also when another process owns it", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const door = await openStoreDoor(store);
    await valueOf(door.upgrade(plainUpgrade));
    openOwned(store);

    expect((await valueOf(door.upgrade(plainUpgrade))).steps).toEqual([]);
  });

  it("refuses a store of a newer release, and says what was found, what is read and what to do", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const db = new DatabaseSync(storePaths(store).database);
    db.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    db.close();
    const before = filesOf(store);

    const { exitCode, err } = await typed(store, "store", "upgrade");

    expect(exitCode).toBe(1);
    expect(err).toBe(
      `E_STORE_VERSION the store has version ${schemaVersion + 1}, ` +
        `and this release reads up to version ${schemaVersion}\n` +
        "  → open it with the release that wrote it, or a newer one\n",
    );
    expect(filesOf(store)).toEqual(before);
  });

  it("says that there is no store where there is none, and makes none", async () => {
    const store = join(scratchFolder(), ".interlock");

    const refused = await (await openStoreDoor(store)).upgrade(plainUpgrade);

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_INPUT_MISSING" }] });
    expect(existsSync(store)).toBe(false);
  });

  it("that is to make a copy and is to make none is refused", async () => {
    const door = await openStoreDoor(copyGolden("0.1.0/settled").store);

    expect(await door.upgrade({ ...plainUpgrade, backup: "copy", withoutBackup: true })).toMatchObject({
      ok: false,
      error: [{ code: "E_USAGE" }],
    });
  });
});

describe("the copy that an upgrade makes", () => {
  it("goes nowhere where something else is, and the store stays as it is", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const folder = copyOf(store, 2);
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    const before = filesOf(store);

    const refused = await (await openStoreDoor(store)).upgrade(plainUpgrade);

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_BACKUP_EXISTS" }] });
    expect(filesOf(store)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });

  it("is not a copy of another log that happens to lie there", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const other = copyGolden("0.1.0/killed").store;

    const refused = await (await openStoreDoor(store)).upgrade({ ...plainUpgrade, backup: other });

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_BACKUP_EXISTS" }] });
    expect(endOf(store).version).toBe(2);
  });

  it.each(["the store itself", "a link to it"])("is not %s", async (kind) => {
    const { store } = copyGolden("0.1.0/settled");
    const link = join(dirname(store), "link");
    symlinkSync(store, link);
    const backup = kind === "a link to it" ? link : store;

    const refused = await (await openStoreDoor(store)).upgrade({ ...plainUpgrade, backup });

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_BACKUP_EXISTS" }] });
    expect(endOf(store).version).toBe(2);
  });

  it("may be a backup that was made before: it is tried, and kept", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const door = await openStoreDoor(store);
    const backup = join(dirname(store), "backup");
    await valueOf(door.backUp({ folder: backup }));
    const before = filesOf(backup);

    const { steps } = await valueOf(door.upgrade({ ...plainUpgrade, backup }));

    expect(steps[0]).toEqual({ kind: "backed_up", folder: backup });
    expect(filesOf(backup)).toEqual(before);
  });

  it("replaces what a kill left of it", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const stage = `${copyOf(store, 2)}.interlock-part`;
    mkdirSync(join(stage, "store"), { recursive: true });
    writeFileSync(storePaths(join(stage, "store")).database, "half of it");

    await valueOf((await openStoreDoor(store)).upgrade(plainUpgrade));

    expect(endOf(copyOf(store, 2)).version).toBe(2);
    expect(existsSync(stage)).toBe(false);
  });

  it("shows damage before the store is touched", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const db = new DatabaseSync(storePaths(store).database);
    db.exec("UPDATE records SET body = replace(body, 'golden', 'gilded') WHERE body LIKE '%golden%'");
    db.close();
    const before = filesOf(store);

    const refused = await (await openStoreDoor(store)).upgrade(plainUpgrade);

    expect(refused).toMatchObject({ ok: false, error: [{ code: "E_LOG_CHAIN" }] });
    expect(filesOf(store)).toEqual(before);
    expect(readdirSync(dirname(store)).filter((name) => name.startsWith(".interlock-"))).toEqual([]);
  });

  it("that the disk has no room for leaves the store as it is, and the same command finishes with room", async () => {
    const { store } = copyGolden("0.1.0/settled");
    const before = filesOf(store);

    const { stdout } = limited(200, store, "99");
    const between = filesOf(store);
    const door = await openStoreDoor(store);
    await valueOf(door.upgrade(plainUpgrade));

    expect(stdout).toMatch(/^E_STORE_(?:FULL|IO)$/m);
    expect(between).toEqual(before);
    expect(verifyFolder(store)).toBeNull();
  });
});

/** Upgrades in a process whose files may not grow beyond this many blocks of 512 bytes. */
function limited(blocks: number, ...argv: readonly string[]): { readonly stdout: string } {
  const script = `trap "" XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`;
  return spawnSync("sh", ["-c", script, process.execPath, fixture, ...argv], { encoding: "utf8" });
}
