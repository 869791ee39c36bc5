import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { problem } from "../../src/core/value/codes.ts";
import { fail } from "../../src/core/value/result.ts";
import { type Interlock, type Journal, type LoggedEvent, openInterlock } from "../../src/interlock.ts";
import { MemoryDisk } from "../../src/log/memory/memory-disk.ts";
import { MemoryJournal } from "../../src/log/memory/memory-journal.ts";
import { approvedPlan, beginSite, codeOf, openSiteIn, proposalIn, value } from "./site.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-journal-"));
  await beginSite(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const allRuns = { state: null, plan: null, prefix: null, beforeSeq: null, limit: 10 } as const;

/** Applies an approved plan and follows it to its rest. */
async function runToRest(site: Interlock): Promise<{ readonly runId: string; readonly kinds: readonly string[] }> {
  const run = await value(site.apply({ plan: await approvedPlan(site, folder) }));
  const kinds: string[] = [];
  for await (const { event } of run.events()) kinds.push(event.kind);
  expect(await value(run.atRest())).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
  return { runId: run.runId, kinds };
}

/** Resumes whatever has not ended, and follows it to its end. */
async function resumeToEnd(site: Interlock): Promise<void> {
  const { runs } = await value(site.resume({ run: null }));
  for (const run of runs) expect(await value(run.atRest())).toMatchObject({ kind: "at_rest" });
}

async function eventsOf(site: Interlock, run: string): Promise<readonly LoggedEvent[]> {
  const watched = await value(site.watch({ run }));
  const events: LoggedEvent[] = [];
  for await (const event of watched.events({ follow: false })) events.push(event);
  return events;
}

/** What the run changes. */
function settingsNow(): unknown {
  return JSON.parse(readFileSync(join(folder, "conf/app.json"), "utf8"));
}

describe("a site over a journal of one's own", () => {
  it("goes the whole way, and all of it is in the journal", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });

    const { runId, kinds } = await runToRest(site);

    expect([kinds.at(0), kinds.at(-1)]).toEqual(["run_started", "run_ended"]);
    const explained = await value(site.explain({ run: runId }));
    expect(explained.steps.length).toBeGreaterThan(0);
    const { runs } = await value(site.runs(allRuns));
    expect(runs.map((row) => row.runId)).toEqual([runId]);
    expect(await value(site.verify({ archive: null }))).toMatchObject(disk.tables.end());
    expect(existsSync(join(folder, ".interlock/log.sqlite"))).toBe(false);
    await site.close();
  });

  it("does everything else too: replay, locks, freezes, metrics, export, examine", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    const { runId } = await runToRest(site);

    await value(site.operate({ do: "freeze", scope: "*", reason: "a test" }));
    const lines: string[] = [];
    await value(site.exportLog({ write: (line) => void lines.push(line) }));

    expect((await value(site.replay({ run: runId, at: null }))).differences).toEqual([]);
    expect((await value(site.locks())).freezes).toHaveLength(1);
    expect((await value(site.metrics())).text).toContain(`interlock_store_log_length ${disk.tables.end().length}\n`);
    expect(lines).toHaveLength(disk.tables.end().length + 1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ storeId: disk.tables.storeId() });
    const findings = await value(site.examine({ nodeVersion: process.version }));
    expect(findings.filter(({ state }) => state === "bad")).toEqual([]);
    await site.close();
  });

  it("takes bodies out of the journal and puts them back", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    const { runId } = await runToRest(site);
    const request = { olderThanMs: null, runs: [runId], folder: join(folder, "archive"), destroy: false, reason: null };
    const bodiesIn = () =>
      disk.tables.storedEntries({ stream: runId, fromSeq: 0, limit: 1_000 }).filter(({ bodyText }) => bodyText !== null)
        .length;
    const before = bodiesIn();

    const archived = await value(site.archive({ ...request, isDryRun: false, onProgress: () => undefined }));
    const without = bodiesIn();
    const told = codeOf(await site.explain({ run: runId }));
    await value(
      site.restore({ archives: [], runs: [runId], folder: request.folder, reason: "", onRestored: () => undefined }),
    );

    expect(archived.bodyCount).toBe(before - without);
    expect(archived.bodyCount).toBeGreaterThan(0);
    expect(told).toBe("E_BODY_ARCHIVED");
    expect(bodiesIn()).toBe(before);
    expect(codeOf(await site.explain({ run: runId }))).toBe("ok");
    expect(codeOf(await site.verify({ archive: null }))).toBe("ok");
    await site.close();
  });

  it("is backed up as a store that needs the journal no more", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    const { runId } = await runToRest(site);

    const backup = await value(site.backUp({ folder: join(folder, "backup") }));
    const drilled = await value(site.drill({ folder: join(folder, "backup") }));
    await site.close();
    const restored = await openSiteIn(folder, {}, "backup");

    expect(backup).toMatchObject(disk.tables.end());
    expect(drilled).toMatchObject({ length: backup.length, head: backup.head });
    expect((await value(restored.runs(allRuns))).runs.map((row) => row.runId)).toEqual([runId]);
    await value(restored.trust());
    const opened = (await bodiesOf(restored, "engine_opened")).map(({ epoch }) => Number(epoch));
    expect(opened).toEqual([...opened].sort((left, right) => left - right));
    expect(new Set(opened).size).toBe(opened.length);
    await restored.close();
  });
});

/** The bodies of all records of one kind. */
async function bodiesOf(site: Interlock, kind: string): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    const { kind: found_, text } = JSON.parse(line) as { readonly kind?: string; readonly text?: string };
    if (found_ === kind && text !== undefined) found.push(JSON.parse(text));
  };
  await value(site.exportLog({ write }));
  return found;
}

/** What becomes of an append; `write` writes the batch as the journal would. */
type Failing = (write: () => ReturnType<Journal["append"]>, disk: MemoryDisk) => ReturnType<Journal["append"]>;

const inOut = fail(problem("E_STORE_IO", "", "the line is dead"));

/** Each way in which an append goes wrong, and the code that the engine's problem names in its message. */
const failures: readonly (readonly [string, Failing])[] = [
  [
    "throws before it has written",
    () => {
      throw new RangeError("no s3cret");
    },
  ],
  ["rejects before it has written", () => Promise.reject(new Error("no s3cret"))],
  [
    "rejects after it has written",
    async (write) => {
      await write();
      throw new Error("no s3cret");
    },
  ],
  ["fails with nothing written", async () => inOut],
  [
    "fails with all of it written",
    async (write) => {
      await write();
      return inOut;
    },
  ],
  ["says that the disk is full", async () => fail(problem("E_STORE_FULL", "", "the disk is full"))],
  // A function in JavaScript that forgets to return.
  ["answers nothing", async (write) => void (await write()) as never],
];

/** A journal on this disk. The first append with a record of this kind goes wrong. */
function failingAt(disk: MemoryDisk, kind: string, failing: Failing): () => Journal {
  let hasFailed = false;
  return () => {
    const journal = new MemoryJournal(disk);
    const write = journal.append.bind(journal);
    journal.append = (batch) => {
      if (hasFailed || !batch.records.some(({ record }) => record.kind === kind)) return write(batch);
      hasFailed = true;
      return failing(() => write(batch), disk);
    };
    return journal;
  };
}

/** What the steps of a run come to in each end that it may have. */
const settingsAfter: Readonly<Record<string, object>> = {
  succeeded: { log: { level: "debug" }, workers: 8 },
  compensated: { log: { level: "info" }, workers: 4 },
};

describe.each(failures)("a journal that %s", (name, failing) => {
  async function failAndResume(kind: string): Promise<void> {
    const disk = new MemoryDisk();
    const defects: unknown[] = [];
    const onDefect = (error: unknown) => defects.push(error);
    const site = await openSiteIn(folder, { journal: failingAt(disk, kind, failing), onDefect });
    const run = await value(site.apply({ plan: await approvedPlan(site, folder) }));

    const seen: LoggedEvent[] = [];
    for await (const event of run.events()) seen.push(event);
    const rest = await run.atRest();
    await resumeToEnd(site);

    expect(codeOf(rest)).toBe("E_ENGINE_HALTED");
    expect(JSON.stringify(rest)).not.toContain("s3cret");
    const events = await eventsOf(site, run.runId);
    const last = events.at(-1)?.event;
    expect(events.slice(0, seen.length)).toEqual(seen);
    expect(last?.kind).toBe("run_ended");
    expect(settingsNow()).toMatchObject(settingsAfter[last?.kind === "run_ended" ? last.outcome : ""] ?? {});
    expect(await value(site.verify({ archive: null }))).toMatchObject(disk.tables.end());
    await site.close();
  }

  it("as a run ends halts the engine with a code, and once the journal is open again the run ends", () =>
    failAndResume("run_ended"));

  // What was recorded as about to be sent takes ten seconds to find out: one journal stands for those.
  const isQuick =
    !/(after it has|all of it) written|answers nothing/.test(name) || name === "fails with all of it written";
  it.runIf(isQuick)(
    "before a step is sent halts the engine with a code, and what that step did or did not do is found out",
    () => failAndResume("step_intent"),
  );

  it("while something is recorded refuses that with a code, and records it once it is open again", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: failingAt(disk, "pack_trusted", failing) });

    const refused = await site.trust();
    const again = await site.trust();

    expect(codeOf(refused)).toMatch(/^E_(STORE_IO|STORE_FULL|INTERNAL)$/);
    expect(codeOf(again)).toBe("ok");
    expect(codeOf(await site.plan(proposalIn(folder)))).toBe("ok");
    await site.close();
  });
});

describe("a journal that cannot be used", () => {
  it("is refused when the site is opened, if it is not a function", async () => {
    const opened = await openInterlock({ config: null }, { journal: {} as unknown as () => Journal });

    expect(opened).toMatchObject({ ok: false, error: [{ code: "E_USAGE", pointer: "/journal" }] });
  });

  const throwing = (): never => {
    throw new TypeError("no s3cret");
  };
  const broken: readonly (readonly [string, string, () => Journal])[] = [
    ["that cannot be made", "E_INTERNAL", throwing],
    ["that is nothing", "E_INTERNAL", () => undefined as unknown as Journal],
    [
      "that throws when it is opened",
      "E_INTERNAL",
      () => Object.assign(new MemoryJournal(new MemoryDisk()), { open: throwing }),
    ],
    [
      "that refuses to be opened",
      "E_STORE_VERSION",
      () =>
        Object.assign(new MemoryJournal(new MemoryDisk()), {
          open: async () => fail(problem("E_STORE_VERSION", "", "too new")),
        }),
    ],
    [
      "that cannot be read",
      "E_STORE_IO",
      () => {
        const disk = new MemoryDisk();
        disk.tables.add(filled.tables.storedEntries({ stream: null, fromSeq: 0, limit: 10 }), []);
        return Object.assign(new MemoryJournal(disk), { tail: async () => inOut });
      },
    ],
  ];
  const filled = new MemoryDisk();

  it.each(broken)("%s gives %s to those who read and record, and leaves the site free", async (_, code, journal) => {
    const before = await openSiteIn(folder, { journal: () => new MemoryJournal(filled) }, "filled");
    await value(before.trust());
    await before.close();
    const defects: unknown[] = [];
    const site = await openSiteIn(folder, { journal, onDefect: (error) => defects.push(error) });

    const given = [await site.runs(allRuns), await site.trust()];

    expect(given.map(codeOf)).toEqual([code, code]);
    expect(JSON.stringify(given)).not.toContain("s3cret");
    await site.close();
    const disk = new MemoryDisk();
    const again = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    expect(codeOf(await again.trust())).toBe("ok");
    await again.close();
  });
});
