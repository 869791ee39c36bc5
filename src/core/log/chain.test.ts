import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalText } from "../value/canonical.ts";
import { type Digest, type DigestDomain, digest, digestBytes } from "../value/digest.ts";
import { encodeUtf8 } from "../value/utf8.ts";
import {
  bodyDomain,
  type ChainState,
  emptyChain,
  genesisDigest,
  recordDomain,
  recordText,
  verifyEntry,
} from "./chain.ts";
import type { LogEntry, LogRecord } from "./record.ts";

const digestText = (domain: DigestDomain, text: string): Digest => digestBytes(domain, encodeUtf8(text));

/** A log of `count` records, sealed by hand as the format says. */
function logOf(count: number): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  let previous = genesisDigest;
  for (let seq = 0; seq < count; seq += 1) {
    const bodyText = canonicalText({ note: `event ${seq}` });
    const record: LogRecord = {
      seq,
      stream: seq % 2 === 0 ? "site" : "run_1",
      atMs: 1_000 + seq,
      kind: "note",
      body: digestText(bodyDomain, bodyText),
      previous,
    };
    previous = digestText(recordDomain, canonicalText({ ...record }));
    entries.push({ record, digest: previous, bodyText });
  }
  return entries;
}

/** How many records hold, and what is wrong with the next one. */
function verify(
  entries: readonly LogEntry[],
  missingBody: "refused" | "permitted" = "refused",
): { readonly length: number; readonly broken: string | null } {
  let chain: ChainState = emptyChain;
  for (const entry of entries) {
    const next = verifyEntry(chain, entry, { missingBody, digestText });
    if (!next.ok)
      return { length: chain.length, broken: `${next.error.code} ${next.error.pointer} ${next.error.message}` };
    chain = next.value;
  }
  return { length: chain.length, broken: null };
}

const log = logOf(6);
const changed = (at: number, change: (entry: LogEntry) => LogEntry): readonly LogEntry[] =>
  log.map((entry, index) => (index === at ? change(entry) : entry));
const inRecord =
  (change: Partial<LogRecord>) =>
  (entry: LogEntry): LogEntry => ({ ...entry, record: { ...entry.record, ...change } });
const sealedAgain = (entry: LogEntry): LogEntry => ({
  ...entry,
  digest: digestText(recordDomain, recordText(entry.record)),
});

describe("the chain (I6)", () => {
  it("of a log as it was written holds up to its last record", () => {
    expect(verify(log)).toEqual({ length: 6, broken: null });
    expect(verifyEntry(emptyChain, log[0] ?? expect.fail())).toEqual({
      ok: true,
      value: { length: 1, head: log[0]?.digest, atMs: 1_000 },
    });
  });

  it("writes a record as canonical JSON does, whatever its texts contain", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat(),
        fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
        (seq, atMs, text) => {
          const record: LogRecord = {
            seq,
            stream: text,
            atMs,
            kind: text,
            body: digest("interlock.test/1", text),
            previous: genesisDigest,
          };

          expect(recordText(record)).toBe(canonicalText({ ...record }));
        },
      ),
    );
  });

  it("breaks at the record whose body, time, kind, stream, number, predecessor or digest was changed", () => {
    const other = log[5]?.digest ?? expect.fail();
    const found = [
      changed(3, (entry) => ({ ...entry, bodyText: '{"note":"event 4"}' })),
      changed(3, inRecord({ atMs: 1_004 })),
      changed(3, inRecord({ kind: "other" })),
      changed(3, inRecord({ stream: "site" })),
      changed(3, inRecord({ seq: 4 })),
      changed(3, inRecord({ previous: other })),
      changed(3, inRecord({ body: other })),
      changed(3, (entry) => ({ ...entry, digest: other })),
    ].map((entries) => verify(entries));

    expect(found).toEqual(
      [
        "the body of record 3 (note) was changed",
        "record 3 (note) was changed",
        "record 3 (other) was changed",
        "record 3 (note) was changed",
        "record 3 is missing: the next one is numbered 4",
        "record 3 does not follow from the one before it",
        "the body of record 3 (note) was changed",
        "record 3 (note) was changed",
      ].map((message) => ({ length: 3, broken: `E_LOG_CHAIN /records/3 ${message}` })),
    );
  });

  it("breaks at the record after one that was rewritten and sealed again", () => {
    expect(verify(changed(3, (entry) => sealedAgain(inRecord({ kind: "other" })(entry))))).toEqual({
      length: 4,
      broken: "E_LOG_CHAIN /records/4 record 4 does not follow from the one before it",
    });
  });

  it("breaks if time goes back, and not if it stands still", () => {
    expect(verify(changed(5, (entry) => sealedAgain(inRecord({ atMs: 1_003 })(entry)))).broken).toContain(
      "record 5 is older than the one before it",
    );
    expect(verify(changed(5, (entry) => sealedAgain(inRecord({ atMs: 1_004 })(entry))))).toEqual({
      length: 6,
      broken: null,
    });
  });

  it("breaks at a record that was removed, inserted, doubled or swapped", () => {
    const [first, second, third, ...rest] = log;
    if (first === undefined || second === undefined || third === undefined) throw new Error("the log has six records");

    expect(
      [
        [second, third, ...rest],
        [first, third, ...rest],
        [first, second, second, third],
        [first, third, second],
      ].map((entries) => verify(entries).length),
    ).toEqual([0, 1, 2, 1]);
  });

  it("passes over a missing body only if the reader looks for the record that removed it", () => {
    const gone = changed(3, (entry) => ({ ...entry, bodyText: null }));

    expect([verify(gone), verify(gone, "permitted")]).toEqual([
      { length: 3, broken: "E_LOG_CHAIN /records/3 the body of record 3 (note) is missing" },
      { length: 6, broken: null },
    ]);
  });
});
