// A journal of one's own, passed through the door: everything goes on working, and nothing acknowledged is lost.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Interlock } from "../../src/interlock.ts";
import { MemoryDisk } from "../../src/log/memory/memory-disk.ts";
import { MemoryJournal } from "../../src/log/memory/memory-journal.ts";
import { approvedPlan, beginSite, codeOf, openSiteIn, value } from "./site.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "interlock-journal-"));
  await beginSite(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Applies an approved plan and follows it to its rest; gives the kinds of its events. */
async function runToRest(site: Interlock): Promise<{ readonly runId: string; readonly kinds: readonly string[] }> {
  const run = await value(site.apply({ plan: await approvedPlan(site, folder) }));
  const kinds: string[] = [];
  for await (const { event } of run.events()) kinds.push(event.kind);
  expect(await value(run.atRest())).toMatchObject({ kind: "at_rest", view: { outcome: "succeeded" } });
  return { runId: run.runId, kinds };
}

describe("a site over a journal of one's own", () => {
  it("goes the whole way, and all of it is in the journal", async () => {
    const disk = new MemoryDisk();
    const site = await openSiteIn(folder, { journal: () => new MemoryJournal(disk) });

    const { runId, kinds } = await runToRest(site);

    expect([kinds.at(0), kinds.at(-1)]).toEqual(["run_started", "run_ended"]);
    const explained = await value(site.explain({ run: runId }));
    expect(explained.steps.length).toBeGreaterThan(0);
    const { runs } = await value(site.runs({ state: null, plan: null, prefix: null, beforeSeq: null, limit: 10 }));
    expect(runs.map((row) => row.runId)).toEqual([runId]);
    const verified = await value(site.verify({ archive: null }));
    expect(verified).toMatchObject(disk.tables.end());
    expect(existsSync(join(folder, ".interlock/log.sqlite"))).toBe(false);
    await site.close();
    expect(codeOf(await site.trust())).toBe("E_CLOSED");
  });
});
