import { describe, expect, it } from "vitest";
import { emptyChain, verifyEntry } from "../core/log/chain.ts";
import { digest } from "../core/value/digest.ts";
import {
  appendAll,
  batchOf,
  bodiesOf,
  openOwned,
  runOf,
  scratchFolder,
  startMs,
  valueOf,
  verifyFolder,
} from "./sqlite/store.fixture.ts";

describe("appending", () => {
  it("gives records numbers in the order in which batches were handed over", async () => {
    const store = openOwned(scratchFolder());

    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.append(batchOf("ordered", `run_${index % 3}`, `${index}`))),
    );

    expect(receipts.map((receipt) => valueOf(receipt).firstSeq)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    );
    expect(bodiesOf(store)).toEqual(
      Array.from({ length: 20 }, (_, index) => `{"kind":"step_settled","note":"${index}","runId":"run_${index % 3}"}`),
    );
  });

  it("chains them so that the core's verifier, which hashes with other code, follows to the same head", async () => {
    const store = openOwned(scratchFolder());
    await appendAll(store, runOf("run_a", 5, "succeeded"));

    let chain = emptyChain;
    for (const entry of store.entries({ stream: null, fromSeq: 0, limit: 100 }))
      chain = valueOf(verifyEntry(chain, entry));

    expect(chain).toEqual({ length: 7, head: store.end().head, atMs: startMs });
  });

  it("keeps each run's stream apart", async () => {
    const store = openOwned(scratchFolder());
    for (const note of ["1", "2", "3"])
      await Promise.all(["a", "b"].map((run) => store.append(batchOf("ordered", `run_${run}`, run + note))));

    const entries = store.entries({ stream: "run_b", fromSeq: 0, limit: 10 });

    expect(entries.map(({ record }) => record.seq)).toEqual([1, 3, 5]);
    expect(store.entries({ stream: "run_b", fromSeq: 2, limit: 1 }).map(({ record }) => record.seq)).toEqual([3]);
    expect(store.entries({ stream: "run_", fromSeq: 0, limit: 10 })).toEqual([]);
  });

  it("writes all events of a decision or none (I18)", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    const [started] = runOf("run_a", 0, null);
    if (started === undefined) throw new Error("a run has a start");
    await store.append(started);

    // The second start of the same run cannot be listed: the commit fails after three records were inserted.
    const refused = await store.append({
      durability: "synced",
      documents: [{ digest: digest("interlock.plan/1", {}), value: {} }],
      records: [
        ...batchOf("synced", "run_a", "1").records,
        ...batchOf("synced", "run_b", "2").records,
        ...started.records,
      ],
    });

    expect(refused.ok).toBe(false);
    expect(store.document(digest("interlock.plan/1", {}))).toBeNull();
    await store.close();
    expect(openOwned(folder).end().length).toBe(1);
  });

  it("refuses a body that is not plain data, and leaves those that would have shared its commit alone", async () => {
    const store = openOwned(scratchFolder());

    const before = store.append(batchOf("ordered", "run_a", "before"));
    const defective = store.append({
      durability: "ordered",
      documents: [],
      records: [{ stream: "run_a", atMs: startMs, kind: "x", body: { at: undefined } as never }],
    });
    const after = store.append(batchOf("ordered", "run_a", "after"));

    expect(await defective).toMatchObject({ ok: false, error: { code: "E_UNSTORABLE" } });
    expect([(await before).ok, (await after).ok, store.failure()]).toEqual([true, true, null]);
    expect(store.end().length).toBe(2);
  });

  it("fixes a body when it is handed over: changing the object later changes nothing", async () => {
    const store = openOwned(scratchFolder());
    const body = { note: "as it was" };

    const appended = store.append({
      durability: "ordered",
      documents: [],
      records: [{ stream: "run_a", atMs: startMs, kind: "x", body }],
    });
    body.note = "as it became";
    await appended;

    expect(bodiesOf(store)).toEqual(['{"note":"as it was"}']);
  });

  it("is refused with every later batch once something of ours failed while a batch was written", async () => {
    const store = openOwned(scratchFolder());
    store.followSynced(() => {
      throw new TypeError("something of ours");
    });

    const broken = store.append(batchOf("synced", "run_a", "broken"));
    const beside = store.append(batchOf("synced", "run_b", "beside"));
    const answers = [await broken, await beside, await store.append(batchOf("ordered", "run_a", "later"))];

    const failure = { code: "E_INTERNAL", message: "the store failed (TypeError)" };
    expect(answers).toMatchObject(Array(3).fill({ ok: false, error: failure }));
    expect(store.failure()).toMatchObject(failure);
  });

  it("is refused once the store is closed", async () => {
    const store = openOwned(scratchFolder());
    await store.close();

    expect(await store.append(batchOf("ordered", "run_a", "late"))).toMatchObject({
      ok: false,
      error: { code: "E_STORE_IO" },
    });
  });
});

describe("group commit", () => {
  it("64 runs that sync at the same time wait for the disk once", async () => {
    const store = openOwned(scratchFolder());

    await Promise.all(
      Array.from({ length: 64 }, (_, index) => store.append(batchOf("synced", `run_${index}`, "intent"))),
    );

    expect(store.counters()).toMatchObject({ syncedCommits: 1, orderedCommits: 0, batches: 64, records: 64 });
  });

  it("an ordered batch beside a synced one is as durable as that one", async () => {
    const store = openOwned(scratchFolder());

    await Promise.all([
      store.append(batchOf("ordered", "run_a", "read")),
      store.append(batchOf("synced", "run_b", "write")),
    ]);

    expect(store.counters()).toMatchObject({ syncedCommits: 1, orderedCommits: 0 });
  });

  it("ordered batches alone never wait for the disk", async () => {
    const store = openOwned(scratchFolder());

    await appendAll(
      store,
      Array.from({ length: 10 }, (_, index) => batchOf("ordered", "run_a", `${index}`)),
    );

    expect(store.counters()).toMatchObject({ syncedCommits: 0, orderedCommits: 10 });
  });
});

describe("the list of runs", () => {
  it("shows what the log says, newest first, by state and by page", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    for (const [runId, outcome] of [
      ["run_a", "succeeded"],
      ["run_b", null],
      ["run_c", "succeeded"],
    ] as const)
      await appendAll(store, runOf(runId, 1, outcome));

    const all = store.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 10 });

    expect(all.map(({ runId, state }) => [runId, state])).toEqual([
      ["run_c", "succeeded"],
      ["run_b", "running"],
      ["run_a", "succeeded"],
    ]);
    expect(
      store.runs({ state: "succeeded", beforeSeq: all[0]?.seq ?? 0, limit: 10 }).map(({ runId }) => runId),
    ).toEqual(["run_a"]);
    expect(store.runsByPrefix("run_").map(({ runId }) => runId)).toEqual(["run_a", "run_b"]);
    expect(store.runsByPrefix("run_c")).toEqual([all[0]]);
    await store.close();
    expect(verifyFolder(folder)).toBeNull();
  });
});

describe("a snapshot of the site", () => {
  it("comes back with the place in the log it stands for", async () => {
    const folder = scratchFolder();
    const store = openOwned(folder);
    await appendAll(store, runOf("run_a", 3, null));
    valueOf(await store.writeSnapshot('{"locks":1}'));
    await appendAll(store, runOf("run_b", 1, null));
    valueOf(await store.writeSnapshot('{"locks":2}'));
    await store.close();

    expect(openOwned(folder).snapshot()).toEqual({ length: 6, text: '{"locks":2}' });
  });
});
