import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { genesisDigest } from "../../core/log/chain.ts";
import { digest } from "../../core/value/digest.ts";
import { HeadFileWriter, readHeadFile } from "../head-file.ts";
import { openStore } from "./open.ts";
import { schemaVersion } from "./schema.ts";
import {
  appendAll,
  batchOf,
  bodiesOf,
  dumpDatabase,
  openOwned,
  runOf,
  scratchFolder,
  verifyFolder,
} from "./store.fixture.ts";
import { storePaths } from "./store-paths.ts";

const ownerScript = fileURLToPath(new URL("owner.fixture.ts", import.meta.url));
const fullDiskScript = fileURLToPath(new URL("full-disk.fixture.ts", import.meta.url));

async function spawnOwner(folder: string): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const child = spawn(process.execPath, [ownerScript, folder], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: chunk.toString("utf8").trim() };
}

describe("one owner at a time", () => {
  it("a store that another process owns is E_STORE_LOCKED, and is free the moment that process is killed", async () => {
    const folder = scratchFolder();
    const { child, said } = await spawnOwner(folder);

    const refused = openStore(folder);
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = openOwned(folder);

    expect(said).toBe("owner");
    expect(refused).toMatchObject({ ok: false, error: { code: "E_STORE_LOCKED" } });
    expect(store.epoch).toBe(2);
  });

  it("a second process is refused while this one owns it", async () => {
    const folder = scratchFolder();
    openOwned(folder);

    expect((await spawnOwner(folder)).said).toBe("E_STORE_LOCKED");
  });

  it("the same process is refused too", () => {
    const folder = scratchFolder();
    openOwned(folder);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_LOCKED" } });
  });

  it("an owner whose lock was taken from it cannot append any more (I19)", async () => {
    const folder = scratchFolder();
    const old = openOwned(folder);
    await appendAll(old, [batchOf("synced", "run_a", "old")]);
    // What no operator should do, and some will: remove a lock that looks stale.
    rmSync(storePaths(folder).lock);
    const current = openOwned(folder);

    const fenced = await old.append(batchOf("synced", "run_a", "late"));
    await appendAll(current, [batchOf("synced", "run_a", "new")]);

    expect(fenced).toMatchObject({ ok: false, error: { code: "E_STORE_FENCED" } });
    expect(bodiesOf(current).map((body) => JSON.parse(body ?? "null").note)).toEqual(["old", "new"]);
    expect(await old.append(batchOf("ordered", "run_a", "later"))).toMatchObject({
      ok: false,
      error: { code: "E_STORE_FENCED" },
    });
  });
});

describe("the files of a store", () => {
  it("are readable by nobody else", async () => {
    const folder = join(scratchFolder(), "deep", ".interlock");
    const store = openOwned(folder);
    await appendAll(store, [batchOf("synced", "run_a", "1")]);
    const { database, lock, head } = storePaths(folder);

    const modes = [folder, database, `${database}-wal`, lock, head].map((path) =>
      (statSync(path).mode & 0o777).toString(8),
    );

    expect(modes).toEqual(["700", "600", "600", "600", "600"]);
  });

  it("a folder that cannot be made is a problem, not a crash", () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "file"), "");

    expect(openStore(join(folder, "file", "store"))).toMatchObject({ ok: false, error: { code: "E_INPUT_MISSING" } });
  });

  it("a file that is no database is E_STORE_CORRUPT", () => {
    const folder = scratchFolder();
    writeFileSync(storePaths(folder).database, "this is no database, however long it may be".repeat(100));

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_CORRUPT" } });
  });

  it("closing syncs what was only ordered, and records its head", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, [batchOf("synced", "run_a", "1"), batchOf("ordered", "run_a", "2")]);
    const before = readHeadFile(storePaths(folder).head);

    await store.close();

    expect(before).toMatchObject({ kind: "head", head: { length: 1 } });
    expect(readHeadFile(storePaths(folder).head)).toEqual({
      kind: "head",
      head: { length: 2, head: store.end().head },
    });
  });
});

describe("the head kept outside the database", () => {
  it("ahead of the log is E_LOG_TRUNCATED, at open and to a verifier", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, runOf("run_a", 3, null));
    await store.close();
    const { database } = storePaths(folder);
    copyFileSync(database, `${database}.old`);
    const again = openOwned(folder);
    await appendAll(again, [batchOf("synced", "run_a", "acknowledged")]);
    await again.close();

    copyFileSync(`${database}.old`, database);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_LOG_TRUNCATED" } });
    expect(verifyFolder(folder)).toMatchObject({ code: "E_LOG_TRUNCATED" });
  });

  it("of another log is E_LOG_CHAIN", async () => {
    const [folder, other] = [scratchFolder(), scratchFolder()];
    for (const [path, note] of [
      [folder, "one"],
      [other, "another"],
    ] as const) {
      const store = openOwned(path);
      await appendAll(store, [batchOf("synced", "run_a", note)]);
      await store.close();
    }

    copyFileSync(storePaths(other).database, storePaths(folder).database);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_LOG_CHAIN" } });
    expect(verifyFolder(folder)).toMatchObject({ code: "E_LOG_CHAIN" });
  });

  it("survives a torn write of either line as the one before it", () => {
    const path = join(scratchFolder(), "log.head");
    const writer = new HeadFileWriter(path);
    for (let length = 1; length <= 4; length += 1) writer.write({ length, head: genesisDigest });
    writer.close();
    const whole = readFileSync(path);

    const found = [0, 1].map((line) => {
      const torn = Buffer.from(whole);
      torn.fill(0, line * 512 + 100, (line + 1) * 512);
      writeFileSync(path, torn);
      const file = readHeadFile(path);
      return file.kind === "head" ? file.head.length : file.kind;
    });

    // Lines are written in turn: 3 stands in the first, 4 in the second.
    expect(found).toEqual([4, 3]);
  });

  it("with a bit of any byte flipped is never taken for a longer log, and both lines gone is damage", () => {
    const path = join(scratchFolder(), "log.head");
    const writer = new HeadFileWriter(path);
    for (const length of [1, 2]) writer.write({ length, head: genesisDigest });
    writer.close();
    const whole = readFileSync(path);

    const lengths = new Set(
      Array.from({ length: 220 }, (_, offset) => {
        const flipped = Buffer.from(whole);
        const index = 512 + offset;
        flipped[index] = (whole[index] ?? 0) ^ (1 << (offset % 8));
        writeFileSync(path, flipped);
        const file = readHeadFile(path);
        return file.kind === "head" ? file.head.length : file.kind;
      }),
    );

    expect([...lengths].sort()).toEqual([1]);
    writeFileSync(path, Buffer.alloc(1_024, 0x20));
    expect(readHeadFile(path)).toEqual({ kind: "damaged" });
  });

  it("continues on the older line when a store is opened again", async () => {
    const folder = scratchFolder();
    for (const note of ["1", "2", "3"]) {
      const store = openOwned(folder);
      await appendAll(store, [batchOf("synced", "run_a", note)]);
      await store.close();
    }

    expect(readHeadFile(storePaths(folder).head)).toMatchObject({ kind: "head", head: { length: 3 } });
  });
});

describe("a disk that is full", () => {
  // The limit is on the size of a file, as a quota is; 512-byte blocks. What is written last ends in the middle of a
  // page.
  it.each([301, 333, 364])(
    "refuses the commit, loses nothing that was acknowledged, and goes on once there is room (%i blocks)",
    async (blocks) => {
      const folder = scratchFolder();
      const limited = spawnSync(
        "sh",
        ["-c", `trap "" XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, fullDiskScript, folder],
        { encoding: "utf8" },
      );
      const said = JSON.parse(limited.stdout) as {
        readonly acknowledged: number;
        readonly code: string;
        readonly againCode: string;
      };

      const store = openOwned(folder);
      const notes = bodiesOf(store).map((body) => Number(String(JSON.parse(body ?? "null").note).split(" ")[0]));
      await appendAll(store, [batchOf("synced", "run_a", "room again")]);
      await store.close();

      expect(said.code).toMatch(/^E_STORE_(?:FULL|IO)$/);
      expect(said.againCode).toBe(said.code);
      expect(said.acknowledged).toBeGreaterThan(2);
      expect(notes.slice(0, said.acknowledged)).toEqual(Array.from({ length: said.acknowledged }, (_, index) => index));
      expect(verifyFolder(folder)).toBeNull();
    },
  );

  it("is E_STORE_FULL when the database itself may not grow", async () => {
    const folder = scratchFolder();
    await openOwned(folder).close();
    const written = new DatabaseSync(storePaths(folder).database);
    const { page_count: pages } = written.prepare("PRAGMA page_count").get() as { readonly page_count: number };
    written.close();
    const store = openOwned(folder, { pagesMax: pages + 4 });

    const codes: string[] = [];
    for (let count = 0; count < 100; count += 1) {
      const receipt = await store.append(batchOf("synced", "run_a", "x".repeat(700)));
      codes.push(receipt.ok ? "ok" : receipt.error.code);
    }
    const acknowledged = codes.indexOf("E_STORE_FULL");
    await store.close();

    expect(acknowledged).toBeGreaterThan(0);
    expect(new Set(codes.slice(acknowledged))).toEqual(new Set(["E_STORE_FULL"]));
    expect(openOwned(folder).end().length).toBe(acknowledged);
  });
});

describe("a store of another version", () => {
  it("1 is brought up to date with everything in it, and verifies", () => {
    const folder = scratchFolder();
    const plan = { format: "interlock.plan/1", goal: "controllers upgraded", steps: [{ id: "s1" }] };
    copyFileSync("test/golden/stores/v1/log.sqlite", storePaths(folder).database);

    const store = openOwned(folder);

    expect(store.end().length).toBe(13);
    // Printed by the release that wrote it.
    expect(store.end().head).toBe("sha256:903f166796ad20834dd21c82be6b328cf1240856a533aad73c2c224de02bdf2d");
    expect(store.epoch).toBe(2);
    expect(verifyFolder(folder)).toBeNull();
    expect(store.runs({ state: null, beforeSeq: 100, limit: 10 }).map(({ runId, state }) => [runId, state])).toEqual([
      ["run_2f3a9c", "in_doubt"],
      ["run_1f3a9c", "compensated"],
      ["run_0f3a9c", "succeeded"],
    ]);
    expect(store.document(digest("interlock.plan/1", plan))).toEqual(plan);
    expect(store.entries({ stream: "run_1f3a9c", fromSeq: 0, limit: 10 })).toHaveLength(4);
  });

  it("and of another program is refused and left as it is", () => {
    const folder = scratchFolder();
    const { database } = storePaths(folder);
    const foreign = new DatabaseSync(database);
    foreign.exec("CREATE TABLE music (title)");
    foreign.close();
    const before = dumpDatabase(database);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_CORRUPT" } });
    expect(dumpDatabase(database)).toBe(before);
  });

  it("that is newer is refused and left as it is", () => {
    const folder = scratchFolder();
    const { database } = storePaths(folder);
    const newer = new DatabaseSync(database);
    newer.exec(`CREATE TABLE future (a); PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    const before = dumpDatabase(database);

    expect(openStore(folder)).toMatchObject({ ok: false, error: { code: "E_STORE_VERSION" } });
    expect(existsSync(database)).toBe(true);
    expect(dumpDatabase(database)).toBe(before);
  });
});
