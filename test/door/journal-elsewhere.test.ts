// One journal and several owners: other machines, processes that were killed, mirrors that are not what they were.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors } from "../../src/connectors/index.ts";
import { soon } from "../../src/contract.ts";
import { problem } from "../../src/core/value/codes.ts";
import type { Connector, Interlock, Journal } from "../../src/interlock.ts";
import { MemoryDisk } from "../../src/log/memory/memory-disk.ts";
import { MemoryJournal } from "../../src/log/memory/memory-journal.ts";
import { jsonLinesJournal } from "./json-lines-journal.fixture.ts";
import { approvedPlan, beginSite, codeOf, openSiteIn, value } from "./site.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-elsewhere-"));
  await beginSite(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const allRuns = { state: null, plan: null, prefix: null, beforeSeq: null, limit: 10 } as const;

/** The site as another machine has it, which shares the journal and nothing else. */
function onMachine(name: string, journal: () => Journal): Promise<Interlock> {
  return openSiteIn(folder, { journal }, name);
}

/** The file connector, with something awaited before each of its writes. */
function fileConnector(before: () => Promise<void> | undefined): Connector {
  const file = connectors.get("file");
  if (file === undefined) throw new Error("there is a file connector");
  const perform: Connector["perform"] = async (request) => {
    if (request.access === "write") await before();
    return file.perform(request);
  };
  return { ...file, checkSettings: file.checkSettings.bind(file), perform };
}

async function applyToEnd(site: Interlock, plan: string): Promise<string> {
  const run = await value(site.apply({ plan }));
  expect(await value(run.atRest())).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
  return run.runId;
}

async function runIds(site: Interlock): Promise<readonly string[]> {
  return (await value(site.runs(allRuns))).runs.map(({ runId }) => runId);
}

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count += 1) {
    if (count > 500) throw new Error("it never was so");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("a second machine on the same journal", () => {
  it("sees what the first has done, and does what the first has planned", async () => {
    const disk = new MemoryDisk();
    const first = await onMachine("first", () => new MemoryJournal(disk));
    const plan = await approvedPlan(first, folder);
    const second = await onMachine("second", () => new MemoryJournal(disk));

    const runId = await applyToEnd(second, plan);

    // The second gives the journal up soon after the run has come to rest.
    await expect.poll(() => runIds(first)).toEqual([runId]);
    expect(codeOf(await first.apply({ plan }))).not.toBe("ok");
    expect(await value(first.verify({ archive: null }))).toEqual(await value(second.verify({ archive: null })));
    const names = disk.tables.storedEntries({ stream: "store", fromSeq: 0, limit: 10 });
    expect(names.map(({ record }) => record.kind)).toEqual(["store_created"]);
    await Promise.all([first.close(), second.close()]);
  });

  it("is refused while the first owns it, and fences the first once its hold is lost", async () => {
    const disk = new MemoryDisk();
    const gate = new AbortController();
    let isHeld = false;
    // The first machine stops in the middle of the commit that starts its run.
    const first = await onMachine("first", () => {
      const journal = new MemoryJournal(disk);
      const append = journal.append.bind(journal);
      journal.append = async (batch) => {
        if (!gate.signal.aborted && batch.records.some(({ record }) => record.kind === "run_started")) {
          isHeld = true;
          await new Promise((resolve) => gate.signal.addEventListener("abort", resolve));
        }
        return append(batch);
      };
      return journal;
    });
    const plan = await approvedPlan(first, folder);
    const second = await onMachine("second", () => new MemoryJournal(disk));
    const before = await runIds(second);
    const applying = first.apply({ plan });
    await until(() => isHeld);

    const refused = await second.trust();
    const seen = await second.show({ plan });
    const verified = await second.verify({ archive: null });
    disk.abandon();
    const runId = await applyToEnd(second, plan);
    gate.abort();
    const late = await applying;

    expect(codeOf(refused)).toBe("E_STORE_LOCKED");
    expect(before).toEqual([]);
    expect(codeOf(seen)).toBe("ok");
    expect(codeOf(verified)).toBe("E_STORE_LOCKED");
    expect(codeOf(late)).toMatch(/^E_(STORE_FENCED|ENGINE_HALTED)$/);
    expect(await runIds(first)).toEqual([runId]);
    expect(await runIds(second)).toEqual([runId]);
    await Promise.all([first.close(), second.close()]);
  });
});

describe("two doors in one folder", () => {
  it("are one owner: the second hands its word to the first, and reads what the first has written", async () => {
    const disk = new MemoryDisk();
    const held = Promise.withResolvers<void>();
    let isHolding = false;
    const holdingFile = fileConnector(() => (isHolding ? held.promise : undefined));
    const ports = { journal: () => new MemoryJournal(disk), connectors: new Map([["file", holdingFile]]) };
    const [first, second] = await Promise.all([openSiteIn(folder, ports), openSiteIn(folder, ports)]);
    const plan = await approvedPlan(first, folder);
    // The run is under way, and its door the owner, until the second door has had its say.
    isHolding = true;
    const run = await value(first.apply({ plan }));
    const epoch = disk.epoch;

    const trusted = await second.trust();
    const watched = await value(second.watch({ run: run.runId }));
    const epochAfter = disk.epoch;
    held.resolve();
    const seen: string[] = [];
    for await (const { event } of watched.events()) seen.push(event.kind);

    expect([codeOf(trusted), epochAfter]).toEqual(["ok", epoch]);
    expect([seen.at(0), seen.at(-1)]).toEqual(["run_started", "run_ended"]);
    expect(await value(run.atRest())).toMatchObject({ view: { outcome: "succeeded" } });
    await Promise.all([first.close(), second.close()]);
  });

  it("may verify while an owner leaves", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    await value(site.trust());

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? site.trust() : site.verify({ archive: null }))),
    );

    expect(answers.map(codeOf)).toEqual(answers.map(() => "ok"));
    await site.close();
  });
});

describe("a journal that hangs until its owner learns that another has it", () => {
  it("halts the owner at once, and gives a problem with a code", async () => {
    const disk = new MemoryDisk();
    const lost = new AbortController();
    let isHanging = false;
    const hanging = (): Journal => {
      const journal = new MemoryJournal(disk);
      const open = journal.open.bind(journal);
      journal.open = async (owner) => {
        const opened = await open(owner);
        return opened.ok ? { ok: true, value: { ...opened.value, lost: lost.signal } } : opened;
      };
      const append = journal.append.bind(journal);
      journal.append = (batch) => {
        if (!batch.records.some(({ record }) => record.kind === "step_intent")) return append(batch);
        isHanging = true;
        return new Promise(() => undefined);
      };
      return journal;
    };
    const site = await onMachine("first", hanging);
    const run = await value(site.apply({ plan: await approvedPlan(site, folder) }));
    await until(() => isHanging);

    lost.abort();
    const rest = await run.atRest();

    expect(codeOf(rest)).toBe("E_ENGINE_HALTED");
    expect(readFileSync(join(folder, "conf/app.json"), "utf8")).toContain('"info"');
    await site.close();
  });
});

describe("an owner that learns that it has lost its journal", () => {
  it("calls off what it has in the air, and sends nothing more", async () => {
    const disk = new MemoryDisk();
    const lost = new AbortController();
    const losing = (): Journal => {
      const journal = new MemoryJournal(disk);
      const open = journal.open.bind(journal);
      journal.open = async (owner) => {
        const opened = await open(owner);
        return opened.ok ? { ok: true, value: { ...opened.value, lost: lost.signal } } : opened;
      };
      return journal;
    };
    const file = connectors.get("file");
    if (file === undefined) throw new Error("there is a file connector");
    const calledOff: boolean[] = [];
    const slow: Connector = {
      ...file,
      checkSettings: (settings, pointer) => file.checkSettings(settings, pointer),
      perform: async (request) => {
        if (request.operation !== "edit") return file.perform(request);
        calledOff.push(false);
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve, { once: true }));
        calledOff[0] = lost.signal.aborted;
        return { kind: "not_sent", problem: problem("E_TIMEOUT", "", "called off") };
      },
    };
    const site = await openSiteIn(folder, { journal: losing, connectors: new Map([["file", slow]]) });
    const run = await value(site.apply({ plan: await approvedPlan(site, folder) }));
    await until(() => calledOff.length === 1);

    lost.abort();
    // The call itself would give up after five seconds.
    await soon(run.atRest(), 3_000);

    expect(calledOff).toEqual([true]);
    expect(codeOf(await run.atRest())).toBe("E_ENGINE_HALTED");
    await site.close();
  });
});

describe("an owner that is killed", () => {
  const script = fileURLToPath(new URL("crash.fixture.ts", import.meta.url));

  it.each([
    ["before", "succeeded"],
    ["after", "escalated"],
  ])("%s the commit of an intent leaves a run that the next owner brings to its end", async (when, outcome) => {
    const journal = () => jsonLinesJournal(join(folder, "journal.jsonl"));
    const planning = await openSiteIn(folder, { journal });
    const plan = await approvedPlan(planning, folder);
    await planning.close();
    const killed = spawnSync(process.execPath, [script, folder, when], { encoding: "utf8" });
    const site = await openSiteIn(folder, { journal });

    const { runs } = await value(site.resume({ run: null }));
    const rests = await Promise.all(runs.map((run) => run.atRest()));

    expect({ signal: killed.signal, stderr: killed.stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
    expect(rests).toMatchObject([{ ok: true, value: { kind: "at_rest", view: { outcome, planHash: plan } } }]);
    expect(codeOf(await site.verify({ archive: null }))).toBe("ok");
    await site.close();
  });
});

describe("a mirror", () => {
  async function siteWithRun(disk: MemoryDisk): Promise<{ readonly site: Interlock; readonly runId: string }> {
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });
    return { site, runId: await applyToEnd(site, await approvedPlan(site, folder)) };
  }
  const mirrorPath = () => join(folder, ".interlock/mirror.sqlite");
  const inMirror = (statement: string): void => {
    const db = new DatabaseSync(mirrorPath());
    db.exec(statement);
    db.close();
  };

  it.each([
    ["is gone", () => rmSync(mirrorPath())],
    ["is no database", () => writeFileSync(mirrorPath(), "no database at all")],
    ["has lost its tables", () => inMirror("DROP TABLE runs")],
    ["lacks records", () => inMirror("DELETE FROM records WHERE seq > 2")],
    ["lacks records in the middle", () => inMirror("DELETE FROM records WHERE seq IN (1, 3)")],
    ["has another body", () => inMirror(`UPDATE records SET body = '{"kind":"frozen"}' WHERE kind = 'run_started'`)],
    ["has another plan", () => inMirror("UPDATE documents SET text = '{}'")],
  ])("that %s is made anew from its journal", async (_, damage) => {
    const disk = new MemoryDisk();
    const { site, runId } = await siteWithRun(disk);
    await site.close();
    for (const end of ["-wal", "-shm"]) rmSync(`${mirrorPath()}${end}`, { force: true });
    damage();
    const again = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });

    // The first reader that meets the damage reports it. The next one finds a new mirror.
    await again.explain({ run: runId });
    await again.verify({ archive: null });

    expect(await value(again.verify({ archive: null }))).toMatchObject(disk.tables.end());
    expect(codeOf(await again.explain({ run: runId }))).toBe("ok");
    expect(await runIds(again)).toEqual([runId]);
    await again.close();
  });

  it("shows nothing that its journal does not hold: verifying reads both", async () => {
    const disk = new MemoryDisk();
    const { site } = await siteWithRun(disk);
    await site.close();
    const forging = (): Journal => {
      const journal = new MemoryJournal(disk);
      const tail = journal.tail.bind(journal);
      journal.tail = async (fromSeq, limit) => {
        const page = await tail(fromSeq, limit);
        if (!page.ok) return page;
        return {
          ok: true,
          value: page.value.map((entry) => (entry.record.seq === 3 ? { ...entry, bodyText: "{}" } : entry)),
        };
      };
      return journal;
    };
    const again = await openSiteIn(folder, { journal: forging });

    expect(await again.verify({ archive: null })).toMatchObject({
      ok: false,
      error: [{ code: "E_LOG_CHAIN", pointer: "/records/3" }],
    });
    await again.close();
  });

  it("is not made anew from a journal that does not hold: it may be the last copy", async () => {
    const disk = new MemoryDisk();
    const { site } = await siteWithRun(disk);
    await site.close();
    const broken = (): Journal => {
      const journal = new MemoryJournal(disk);
      const tail = journal.tail.bind(journal);
      journal.tail = async (fromSeq, limit) => {
        const page = await tail(fromSeq, limit);
        return page.ok && limit > 1 ? { ok: true, value: page.value.filter(({ record }) => record.seq !== 3) } : page;
      };
      return journal;
    };
    writeFileSync(join(folder, ".interlock/mirror.distrusted"), "");
    const again = await openSiteIn(folder, { journal: broken });

    expect(codeOf(await again.trust())).toBe("E_LOG_CHAIN");
    await again.close();
    const db = new DatabaseSync(mirrorPath(), { readOnly: true });
    expect(db.prepare("SELECT COUNT(*) AS count FROM records").get()).toEqual({ count: disk.tables.end().length });
    db.close();
  });

  it("finds a journal that has lost what it acknowledged", async () => {
    const disk = new MemoryDisk();
    const { site } = await siteWithRun(disk);
    await site.close();
    const shorter = new MemoryDisk();
    const journal = new MemoryJournal(shorter);
    journal.openNow();
    const records = disk.tables
      .storedEntries({ stream: null, fromSeq: 0, limit: 3 })
      .map(({ bodyText, ...entry }) => ({ ...entry, bodyText: bodyText ?? "" }));
    const head = records.at(-1)?.digest;
    if (head === undefined) throw new Error("there are records");
    const batch = {
      epoch: 1,
      from: shorter.tables.end(),
      to: { length: 3, head },
      durability: "synced",
      records,
      documents: [],
      bodies: [],
    } as const;
    await journal.append(batch);
    await journal.close();
    const empty = new MemoryDisk();

    for (const lost of [shorter, empty]) {
      const again = await openSiteIn(folder, { journal: () => new MemoryJournal(lost) });
      expect(codeOf(await again.trust())).toBe("E_LOG_TRUNCATED");
      expect(codeOf(await again.runs(allRuns))).toBe("E_LOG_TRUNCATED");
      await again.close();
    }
  });

  it("of another journal is made anew, and that journal's log goes on", async () => {
    const { site } = await siteWithRun(new MemoryDisk());
    await site.close();
    const disk = new MemoryDisk();
    const elsewhere = await onMachine("elsewhere", () => new MemoryJournal(disk));
    await value(elsewhere.trust());
    await elsewhere.close();
    const again = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });

    expect(await runIds(again)).toEqual([]);
    await value(again.trust());
    expect(await value(again.verify({ archive: null }))).toMatchObject(disk.tables.end());
    await again.close();
  });
});

describe("a site's log", () => {
  it("is in one place: the built-in store and a journal refuse one another's folders", async () => {
    const disk = new MemoryDisk();
    const journal = () => new MemoryJournal(disk);
    const [builtIn, own] = [await openSiteIn(folder, {}, "built-in"), await openSiteIn(folder, { journal }, "own")];
    await value(builtIn.trust());
    await value(own.trust());
    const [wrong, other] = [await openSiteIn(folder, { journal }, "built-in"), await openSiteIn(folder, {}, "own")];

    for (const site of [wrong, other]) {
      expect(codeOf(await site.trust())).toBe("E_STORE_JOURNAL");
      expect(codeOf(await site.runs(allRuns))).toBe("E_STORE_JOURNAL");
    }
    expect(existsSync(join(folder, "own/log.sqlite"))).toBe(false);
    await Promise.all([builtIn, own, wrong, other].map((site) => site.close()));
  });
});
