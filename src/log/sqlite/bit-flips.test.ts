// A flipped bit anywhere in the database file is found, or changes nothing that anybody can read. INTERLOCK_FLIPS=all
// tries every byte.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { codes, type Problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { StoreDamage } from "../store-damage.ts";
import { openStore } from "./open.ts";
import {
  appendAll,
  dumpDatabase,
  openOwned,
  read,
  runOf,
  scratchFolder,
  valueOf,
  verifyFolder,
} from "./store.fixture.ts";
import { storePaths } from "./store-paths.ts";

const pageBytes = 4_096;
const every = process.env["INTERLOCK_FLIPS"] === "all";

/** A closed store with something in every table. */
async function createStore(folder: string): Promise<void> {
  const store = openOwned(folder);
  const plan = { format: "interlock.plan/1", steps: Array.from({ length: 40 }, (_, index) => `s${index}`) };
  valueOf(
    await store.append({
      durability: "synced",
      documents: [{ digest: digest("interlock.plan/1", plan), value: plan }],
      records: [{ stream: "site", atMs: 1, kind: "engine_opened", body: { epoch: 1 } }],
    }),
  );
  for (const [runId, outcome] of [
    ["run_a", "succeeded"],
    ["run_b", null],
    ["run_c", "compensated"],
  ] as const)
    await appendAll(store, runOf(runId, 6, outcome));
  valueOf(await store.writeSnapshot('{"locks":[]}'));
  await store.close();
}

/** Page headers and cell pointers in full, and places spread over the rest of each page. */
function placesOf(bytes: Buffer): readonly number[] {
  if (every) return Array.from(bytes.keys());
  const places: number[] = [];
  for (let page = 0; page < bytes.length; page += pageBytes) {
    const header = page === 0 ? 100 : 0;
    for (let offset = 0; offset < header + 12; offset += page === 0 ? 3 : 1) places.push(page + offset);
    for (let index = 0; index < 16; index += 1) places.push(page + ((index * 173 + page / 32) % pageBytes));
  }
  return places;
}

/** What the owner would act on: its runs, their journals, the snapshot. */
function readAsOwner(folder: string): string {
  const opened = openStore(folder);
  if (!opened.ok) return opened.error.code;
  try {
    const runs = opened.value.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 100 });
    const journals = runs.map(({ runId }) => opened.value.entries({ stream: runId, fromSeq: 0, limit: 100 }));
    return JSON.stringify([runs, journals, opened.value.snapshot()]);
  } catch (error) {
    return describeThrown(error);
  } finally {
    void opened.value.close();
  }
}

/** Damage may be thrown by a read; anything else that is thrown is a crash. */
function describeThrown(error: unknown): string {
  if (error instanceof StoreDamage) return error.problem.code;
  if (error instanceof Error && "code" in error && /^ERR_(?:SQLITE_ERROR|OUT_OF_RANGE)$/.test(String(error.code)))
    return "E_STORE_CORRUPT";
  return `crash: ${String(error)}`;
}

describe("a flipped bit in the database file", () => {
  it(
    "is found by a verifier, or changes no row and no table",
    async () => {
      const scratch = scratchFolder();
      const folder = join(scratch, "store");
      await createStore(folder);
      const { database } = storePaths(folder);
      const intact = readFileSync(database);
      const dump = dumpDatabase(database);
      const silent: string[] = [];
      const found = new Map<string, number>();

      for (const place of placesOf(intact)) {
        const damaged = Buffer.from(intact);
        damaged[place] = (intact[place] ?? 0) ^ (1 << (place % 8));
        writeFileSync(database, damaged);
        const problem = verifyWithoutCrash(folder);
        found.set(problem?.code ?? "none", (found.get(problem?.code ?? "none") ?? 0) + 1);
        if (problem === null && dumpDatabase(database) !== dump)
          silent.push(`page ${Math.floor(place / pageBytes)}, byte ${place % pageBytes}`);
      }

      expect(silent).toEqual([]);
      expect(found.get("E_STORE_CORRUPT")).toBeGreaterThan(50);
      expect(found.get("E_LOG_CHAIN")).toBeGreaterThan(10);
      // Exit code 15 for every one of them: damage is never reported as something that passes by itself.
      expect(
        [...found.keys()].filter(
          (code) =>
            code !== "none" && !["E_STORE_VERSION"].includes(code) && codes[code as Problem["code"]].exitCode !== 15,
        ),
      ).toEqual([]);
    },
    every ? 3_600_000 : 60_000,
  );

  it(
    "never makes the owner act on records that were changed, and never crashes it",
    async () => {
      const scratch = scratchFolder();
      const folder = join(scratch, "store");
      await createStore(folder);
      const intact = readFileSync(storePaths(folder).database);
      const head = readFileSync(storePaths(folder).head);
      const journals = withoutSnapshot(readAsOwner(folder));
      const wrong: string[] = [];

      const places = placesOf(intact).filter((_, index) => every || index % 5 === 0);
      for (const [index, place] of places.entries()) {
        const target = join(scratch, `flip-${index}`);
        mkdirSync(target);
        const damaged = Buffer.from(intact);
        damaged[place] = (intact[place] ?? 0) ^ (1 << (place % 8));
        writeFileSync(storePaths(target).database, damaged);
        writeFileSync(storePaths(target).head, head);
        const seen = readAsOwner(target);
        // Either it refuses, or what it reads is what was written.
        if (!(seen in codes) && withoutSnapshot(seen) !== journals) wrong.push(`byte ${place}: ${seen}`);
      }

      expect(journals).toContain("run_a");
      expect(wrong).toEqual([]);
    },
    every ? 3_600_000 : 60_000,
  );

  it("in a body is named by its record, at a read and to a verifier", async () => {
    const folder = join(scratchFolder(), "store");
    await createStore(folder);
    const { database } = storePaths(folder);
    const bytes = readFileSync(database);
    const at = bytes.indexOf('"stepId":"s4"');
    bytes[at + 11] = (bytes[at + 11] ?? 0) ^ 1;
    writeFileSync(database, bytes);

    const problem = verifyFolder(folder);
    const journal = read(folder, (reader) => {
      try {
        return JSON.stringify(
          ["run_a", "run_b", "run_c"].map((stream) => reader.entries({ stream, fromSeq: 0, limit: 100 })),
        );
      } catch (error) {
        return describeThrown(error);
      }
    });

    expect(problem).toMatchObject({
      code: "E_LOG_CHAIN",
      message: expect.stringMatching(/^record \d+ \(step_settled\) was changed$/),
    });
    expect(journal).toBe("E_LOG_CHAIN");
  });
});

function withoutSnapshot(text: string): string {
  return JSON.stringify((JSON.parse(text) as readonly unknown[]).slice(0, 2));
}

function verifyWithoutCrash(folder: string): Problem | null {
  try {
    return verifyFolder(folder);
  } catch (error) {
    throw new Error(`a verifier crashed: ${String(error)}`, { cause: error });
  }
}

it("a row that says its body was removed, and has it, does not verify", async () => {
  const folder = join(scratchFolder(), "store");
  await createStore(folder);
  const db = new DatabaseSync(storePaths(folder).database);
  // One flipped bit in a row's header does this: type 0, NULL, becomes type 8, the number 0.
  db.exec("UPDATE records SET removed_by = 0 WHERE seq = 5");
  db.close();

  expect(verifyFolder(folder)).toMatchObject({ code: "E_LOG_CHAIN", pointer: "/records/5" });
});

it("a store that is intact verifies, and so does a copy of it", async () => {
  const folder = join(scratchFolder(), "store");
  await createStore(folder);
  const copy = scratchFolder();
  copyFileSync(storePaths(folder).database, storePaths(copy).database);

  expect(verifyFolder(folder)).toBeNull();
  expect(verifyFolder(copy)).toBeNull();
});
