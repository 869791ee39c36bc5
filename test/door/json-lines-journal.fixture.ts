import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import {
  type DocumentText,
  fail,
  type Journal,
  type JournalBatch,
  type LogEnd,
  ok,
  problem,
  type StoredEntry,
} from "../../src/interlock.ts";

/** A journal in a file: a batch is a line, and the line feed commits it. For Linux, on account of its lock. */
export function jsonLinesJournal(path: string): Journal {
  const entries: StoredEntry[] = [];
  const documents = new Map<string, DocumentText>();
  const listeners = new Set<(length: number) => void>();
  const lost = new AbortController();
  const lock = createServer().unref();
  let [file, epoch, end] = [-1, 0, { length: 0, head: `sha256:${"0".repeat(64)}` as LogEnd["head"] }];
  const whileOpen = <T>(value: T) =>
    file === -1 ? fail(problem("E_STORE_IO", "", "the journal is not open")) : ok(value);
  const take = (batch: JournalBatch): void => {
    [epoch, end] = [batch.epoch, batch.to];
    for (const one of batch.documents) if (!documents.has(one.digest)) documents.set(one.digest, one);
    for (const record of batch.records) entries.push({ ...record, removedBy: null });
    for (const change of batch.bodies) {
      const [bodyText, removedBy] = change.kind === "remove" ? [null, change.markerSeq] : [change.bodyText, null];
      const entry = entries[change.seq];
      if (entry !== undefined) entries[change.seq] = { ...entry, bodyText, removedBy };
    }
  };
  const write = (batch: JournalBatch): void => {
    appendFileSync(file, `${JSON.stringify(batch)}\n`);
    if (batch.durability === "synced") fsyncSync(file);
    take(batch);
  };
  return {
    async open() {
      // Linux gives the name back when the process dies, however it dies.
      const taken = await new Promise((done) => lock.once("error", done).listen(`\0${path}`, () => done(null)));
      if (taken !== null) return fail(problem("E_STORE_LOCKED", "", `another process has ${path}`));
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      // What was being written when the power failed was acknowledged to nobody.
      if (whole !== text) truncateSync(path, Buffer.byteLength(whole));
      for (const line of whole.split("\n").slice(0, -1)) take(JSON.parse(line) as JournalBatch);
      file = openSync(path, "a", 0o600);
      write({ epoch: epoch + 1, from: end, to: end, durability: "synced", records: [], documents: [], bodies: [] });
      return ok({ epoch, end, lost: lost.signal });
    },
    async append(batch) {
      if (file === -1) return whileOpen(undefined);
      if (batch.epoch !== epoch || batch.from.length !== end.length || batch.from.head !== end.head)
        return fail(problem("E_STORE_FENCED", "", "the journal does not end there"));
      write(batch);
      for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(batch.to.length));
      return ok(undefined);
    },
    tail: async (fromSeq, limit) => whileOpen(entries.slice(fromSeq, fromSeq + limit)),
    documents: async (skipCount, limit) => whileOpen([...documents.values()].slice(skipCount, skipCount + limit)),
    document: async (digest) => whileOpen(documents.get(digest)?.text ?? null),
    follow(onLength) {
      const listener = (length: number): void => onLength(length);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (file !== -1) for (const work of [fsyncSync, closeSync]) work(file);
      file = -1;
      listeners.clear();
      lock.close();
    },
  };
}
