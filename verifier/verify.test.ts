import { describe, expect, it } from "vitest";
import { type ChainState, emptyChain, genesisDigest, verifyEntry } from "../src/core/log/chain.ts";
import type { LogEntry } from "../src/core/log/record.ts";
import { exportLine } from "../src/log/export-log.ts";
import { sealRecord } from "../src/log/seal.ts";
import { verifyExport } from "./verify.ts";

/** A small log with text that escapes, numbers and nesting, sealed by the store's own code. */
function sampleLog(count: number, note = 'é "quoted" \u0007 🚦'): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  let previous = genesisDigest;
  for (let seq = 0; seq < count; seq += 1) {
    const body = {
      kind: "step_settled",
      runId: `run_${seq % 3}`,
      facts: [{ name: "host.h1.path", value: seq % 2 === 0 }],
      note,
      cost: 0.1 * seq,
    };
    const sealed = sealRecord(
      { stream: `run_${seq % 3}`, atMs: 1_700_000_000_000 + seq, kind: "step_settled", body },
      seq,
      previous,
    );
    entries.push({ record: sealed.record, digest: sealed.digest, bodyText: sealed.bodyText });
    previous = sealed.digest;
  }
  return entries;
}

function exportOf(entries: readonly LogEntry[]): readonly string[] {
  const header = JSON.stringify({
    format: "interlock.log/1",
    length: entries.length,
    head: entries.at(-1)?.digest ?? genesisDigest,
  });
  return [header, ...entries.map(exportLine)];
}

function verifyInCore(entries: readonly LogEntry[]): ChainState | string {
  let chain = emptyChain;
  for (const entry of entries) {
    const next = verifyEntry(chain, entry);
    if (!next.ok) return next.error.message;
    chain = next.value;
  }
  return chain;
}

describe("an exported log", () => {
  it("verifies as written, and to the same head in both implementations", () => {
    const entries = sampleLog(20);

    const verified = verifyExport(exportOf(entries));

    expect(verified).toEqual({
      ok: true,
      length: 20,
      head: entries.at(-1)?.digest,
      removedCount: 0,
      archivedCount: 0,
      problem: null,
    });
    expect(verifyInCore(entries)).toMatchObject({ length: 20, head: verified.head });
  });

  it("with any one bit of any byte flipped does not verify (I6)", () => {
    const bytes = Buffer.from(exportOf(sampleLog(12)).join("\n"));
    const survivors: number[] = [];

    for (let index = 0; index < bytes.length; index += 1) {
      const damaged = Buffer.from(bytes);
      damaged[index] = (bytes[index] ?? 0) ^ (1 << (index % 8));
      if (verifyExport(damaged.toString("utf8").split("\n")).ok) survivors.push(index);
    }

    expect(bytes.length).toBeGreaterThan(5_000);
    expect(survivors).toEqual([]);
  });

  it.each([
    ["a record deleted", (lines: readonly string[]) => lines.toSpliced(5, 1)],
    ["a record repeated", (lines: readonly string[]) => lines.toSpliced(5, 0, lines[5] ?? "")],
    ["two records swapped", (lines: readonly string[]) => lines.with(5, lines[6] ?? "").with(6, lines[5] ?? "")],
    ["the end cut off", (lines: readonly string[]) => lines.slice(0, -1)],
    ["everything cut off", () => []],
  ])("with %s does not verify", (_, damage) => {
    expect(verifyExport(damage(exportOf(sampleLog(10)))).ok).toBe(false);
  });

  it.each([
    ["a second text before the real one", 3, (line: string) => line.replace("{", '{"text":"FORGED",')],
    ["a second number", 3, (line: string) => line.replace('"seq":2', '"seq":999,"seq":2')],
    ["a number spelled otherwise", 3, (line: string) => line.replace('"seq":2', '"seq":2.0')],
    ["a blank between two fields", 3, (line: string) => line.replace('"seq":2,', '"seq":2, ')],
    ["an escape that is not needed", 3, (line: string) => line.replace('"run_2"', '"run\\u005f2"')],
    ["a return at the end of a line", 3, (line: string) => `${line}\r`],
    ["a second length in the header", 0, (line: string) => line.replace("{", '{"length":5,')],
    ["a field of its own in the header", 0, (line: string) => line.replace("}", ',"note":"audited and approved"}')],
  ])("with %s does not verify, because another program may read it otherwise", (_, at, change) => {
    const honest = exportOf(sampleLog(10));
    const changed = honest.with(at, change(honest[at] ?? ""));

    expect(changed).not.toEqual(honest);
    expect(verifyExport(honest).ok).toBe(true);
    expect(verifyExport(changed).ok).toBe(false);
  });

  it("rewritten and chained again verifies by itself, and is found by a witness of the head", () => {
    const honest = sampleLog(10);
    const rewritten = exportOf(sampleLog(10, "another story"));

    const alone = verifyExport(rewritten);
    const witnessed = verifyExport(rewritten, { length: 10, head: honest.at(-1)?.digest ?? "" });

    expect(alone.ok).toBe(true);
    expect(witnessed).toMatchObject({ ok: false, problem: "record 9 is not the one the witness saw" });
  });

  it("shorter than a witness saw does not verify", () => {
    const verified = verifyExport(exportOf(sampleLog(9)), { length: 10, head: sampleLog(10).at(-1)?.digest ?? "" });

    expect(verified).toMatchObject({ ok: false, problem: "the witness saw 10 records, the log holds 9" });
  });
});

describe("the chain in the core", () => {
  it("names the first record that does not hold", () => {
    const entries = sampleLog(10).map((entry, index) =>
      index === 4 ? { ...entry, bodyText: `${entry.bodyText ?? ""} ` } : entry,
    );

    expect(verifyInCore(entries)).toBe("the body of record 4 (step_settled) was changed");
  });

  it("refuses a body that is gone", () => {
    const entries = sampleLog(3).map((entry, index) => (index === 1 ? { ...entry, bodyText: null } : entry));

    expect(verifyInCore(entries)).toBe("the body of record 1 (step_settled) is missing");
  });
});
