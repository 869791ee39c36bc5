import { describe, expect, it } from "vitest";
import { genesisDigest } from "../core/log/chain.ts";
import type { Journal, JournalBatch } from "../ports.ts";
import { guardJournal } from "./guard-journal.ts";
import { MemoryDisk } from "./memory/memory-disk.ts";
import { MemoryJournal } from "./memory/memory-journal.ts";

const end = { length: 0, head: genesisDigest };
const batch: JournalBatch = {
  epoch: 1,
  from: end,
  to: end,
  durability: "synced",
  records: [],
  documents: [],
  bodies: [],
};

/** Every method that answers, called on a journal that is open. */
const methods: Readonly<Record<string, (journal: Journal) => Promise<unknown>>> = {
  open: (journal) => journal.open("ada"),
  append: (journal) => journal.append(batch),
  tail: (journal) => journal.tail(0, 1),
  documents: (journal) => journal.documents(0, 1),
  document: (journal) => journal.document(genesisDigest),
};

/** A guarded journal whose one method is another, and what it threw. */
function guarded(name: string, method: () => unknown): { readonly journal: Journal; readonly defects: unknown[] } {
  const defects: unknown[] = [];
  const bad = Object.assign(new MemoryJournal(new MemoryDisk()), { [name]: method });
  return { journal: guardJournal(bad, { answerMsMax: 20, onDefect: (error) => defects.push(error) }), defects };
}

describe.each(Object.entries(methods))("%s of a guarded journal", (name, call) => {
  it("that throws or rejects is E_INTERNAL, without the words of the error, which goes to who listens", async () => {
    const throwing = () => {
      throw new TypeError("s3cret");
    };
    for (const method of [throwing, async () => throwing()]) {
      const { journal, defects } = guarded(name, method);

      const given = await call(journal);

      expect(given).toMatchObject({ ok: false, error: { code: "E_INTERNAL" } });
      expect(JSON.stringify(given)).not.toContain("s3cret");
      expect(defects).toHaveLength(1);
    }
  });

  it("that does not answer is E_STORE_IO after its time", async () => {
    const { journal } = guarded(name, () => new Promise(() => undefined));

    expect(await call(journal)).toMatchObject({ ok: false, error: { code: "E_STORE_IO" } });
  });

  const wrong: readonly unknown[] = [
    undefined,
    null,
    true,
    { ok: 1 },
    { ok: false },
    { ok: false, error: { code: "E_MINE", pointer: "", message: "", hint: "" } },
    ...(name === "append"
      ? []
      : [
          { ok: true, value: 7 },
          { ok: true, value: [{}] },
          { ok: true, value: {} },
        ]),
  ];
  it.each(wrong.map((answer) => [JSON.stringify(answer) ?? "nothing", answer]))(
    "that answers %s is E_INTERNAL",
    async (_, answer) => {
      const { journal } = guarded(name, async () => answer);

      expect(await call(journal)).toMatchObject({ ok: false, error: { code: "E_INTERNAL" } });
    },
  );

  it("that refuses with a code of ours is believed", async () => {
    const error = { code: "E_STORE_FULL", pointer: "", message: "full", hint: "make room" };
    const { journal } = guarded(name, async () => ({ ok: false, error }));

    expect(await call(journal)).toEqual({ ok: false, error });
  });
});

describe("a guarded journal", () => {
  it("that opens after its time is closed again, so that another owner may have it", async () => {
    const disk = new MemoryDisk();
    const slow = new MemoryJournal(disk);
    const { promise: gate, resolve: letThrough } = Promise.withResolvers<void>();
    const open = slow.open.bind(slow);
    slow.open = async (owner) => {
      await gate;
      return open(owner);
    };
    const opened = await guardJournal(slow, { answerMsMax: 20, onDefect: () => undefined }).open("ada");

    letThrough();
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(opened).toMatchObject({ ok: false, error: { code: "E_STORE_IO" } });
    expect(disk.epoch).toBe(1);
    expect(await new MemoryJournal(disk).open("bob")).toMatchObject({ ok: true });
  });

  it("whose append hangs answers E_STORE_FENCED as soon as the lease is lost", async () => {
    const journal = new MemoryJournal(new MemoryDisk());
    const lost = new AbortController();
    const open = journal.open.bind(journal);
    journal.open = async (owner) => {
      const opened = await open(owner);
      return opened.ok ? { ok: true, value: { ...opened.value, lost: lost.signal } } : opened;
    };
    journal.append = () => new Promise(() => undefined);
    const guard = guardJournal(journal, { onDefect: () => undefined });
    await guard.open("ada");

    const appending = guard.append(batch);
    lost.abort();

    expect(await appending).toMatchObject({ ok: false, error: { code: "E_STORE_FENCED" } });
    expect(await guard.append(batch)).toMatchObject({ ok: false, error: { code: "E_STORE_FENCED" } });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["hangs", () => new Promise(() => undefined)],
  ])("whose close %s is closed all the same", async (_, close) => {
    const { journal } = guarded("close", close);

    await expect(journal.close()).resolves.toBeUndefined();
  });

  it("that cannot be followed wakes nobody, and unsubscribing does no harm", () => {
    const { journal, defects } = guarded("follow", () => {
      throw new Error("no");
    });

    journal.follow(() => undefined)();

    expect(defects).toHaveLength(1);
  });
});
