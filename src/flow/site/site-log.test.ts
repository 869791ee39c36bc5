import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { MemoryDisk } from "../../log/memory/memory-disk.ts";
import { MemoryJournal } from "../../log/memory/memory-journal.ts";
import type { InterlockPorts } from "./entrance.ts";
import { openDoor } from "./open-door.ts";
import { openSiteLog, type SiteLog, withLog, withLogOr } from "./site-log.ts";
import { recorderOf, type Workplace } from "./workplace.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "site-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function placeOver(ports: InterlockPorts): Promise<Workplace> {
  const opened = await openDoor({ address: { config: null, store: folder }, ports });
  if (!opened.ok) throw new Error("it opens");
  return opened.value.place;
}

function trusted(name: string) {
  const body: JsonValue = {
    kind: "pack_trusted",
    runId: null,
    pack: name,
    digest: digest("interlock.test/1", name),
    by: { kind: "person", id: "rita", keyId: null },
  };
  return { stream: "site", atMs: 0, kind: "pack_trusted", body };
}

async function logOf(place: Workplace): Promise<SiteLog> {
  const log = await openSiteLog(place);
  if (!log.ok) throw new Error(log.error.message);
  return log.value;
}

const kinds: readonly (readonly [string, () => InterlockPorts])[] = [
  ["the built-in store", () => ({})],
  [
    "a journal of the caller's",
    () => {
      const disk = new MemoryDisk();
      return { journal: () => new MemoryJournal(disk) };
    },
  ],
];

describe.each(kinds)("a site's log over %s", (_, portsOf) => {
  it("appends through its port, and tells those who follow it", async () => {
    const place = await placeOver(portsOf());
    const first = await place.owners.take("recorder", recorderOf(place));
    if (!first.ok) throw new Error(first.error.message);
    const log = await logOf(place);
    const stop = new AbortController();
    const before = await log.end();

    const appended = await log.port.append([trusted("one"), trusted("two")], []);
    const heard: string[] = [];
    for await (const entry of log.port.follow({ stream: "site", fromSeq: before.length }, stop.signal)) {
      if (!entry.ok) throw new Error(entry.error.message);
      heard.push(entry.value.record.kind);
      if (heard.length === 1) void log.port.append([trusted("three")], []);
      if (heard.length === 3) stop.abort();
    }

    expect(appended).toMatchObject({ ok: true, value: { length: before.length + 2 } });
    expect(heard).toEqual(["pack_trusted", "pack_trusted", "pack_trusted"]);
    expect((await log.siteState()).lastSeenMs).toBeGreaterThan(0);
    expect((await log.records()).trusted.length).toBe(3);
    await log.close();
    await first.value.release();
  });

  it("appends nothing that its owner could not read", async () => {
    const place = await placeOver(portsOf());
    const owner = await place.owners.take("recorder", recorderOf(place));
    if (!owner.ok) throw new Error(owner.error.message);
    const log = await logOf(place);
    const before = await log.end();
    const { body, ...draft } = trusted("one");
    const wrong = [
      { ...draft, body: { kind: "pack_trusted", runId: null } },
      { ...draft, body: { kind: "note" } },
      { ...draft, body, stream: "run_1" },
      { ...draft, body, kind: "frozen" },
    ];

    const codes: string[] = [];
    for (const one of wrong) {
      const given = await log.port.append([trusted("two"), one], []);
      codes.push(given.ok ? "ok" : given.error.code);
    }

    expect(codes.every((code) => code.startsWith("E_SCHEMA"))).toBe(true);
    expect(await log.end()).toEqual(before);
    await log.close();
    await owner.value.release();
  });

  it("is missing until something is recorded", async () => {
    const place = await placeOver(portsOf());

    expect(await withLog(place, async () => ({ ok: true, value: "read" }))).toMatchObject({
      ok: false,
      error: [{ code: "E_INPUT_MISSING" }],
    });
    expect(await withLogOr(place, "empty", async () => ({ ok: true, value: "read" }))).toEqual({
      ok: true,
      value: "empty",
    });
  });
});
