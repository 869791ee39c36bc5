// What a long history costs: starting runs, taking steps, listing and opening, compared with an empty store.
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { kernelVersion } from "../../src/core/plan/plan-format.ts";
import type { Digest } from "../../src/core/value/digest.ts";
import { systemClock } from "../../src/engine/clock.ts";
import type { LogStore } from "../../src/log/log-store.ts";
import { embeddedHome } from "../../src/log/sqlite/embedded-home.ts";
import { openReader } from "../../src/log/sqlite/reader.ts";
import { sql } from "../../src/log/sqlite/statements.ts";
import { storePaths } from "../../src/log/sqlite/store-paths.ts";
import type { AppendBatch, StoreReader } from "../../src/log/store.ts";
import { openOwner } from "../../src/owner/owner.ts";
import { batchOf, benchRun, endedEvent, loadFinishedRuns, settledEvent, startedEvent } from "./finished-runs.ts";
import { type Figure, ratioOf, sample, summarize, takeTurns } from "./measure.ts";
import { benchFolder, openOrThrow } from "./our-runs.ts";

/**
 * Enough commits for several checkpoints of the write-ahead log in a round. With fewer, the contender that happens to
 * cause a checkpoint would look slow.
 */
const perRound = 1_000;

const operations = {
  start: "starting",
  step: "stepping",
  list: "listing the first page",
  state: "listing a state's first page",
  page: "listing a page in the middle",
  prefix: "finding a run by its prefix",
  day: "listing a prefix's first page",
  plan: "listing a plan's runs",
} as const;

type Operation = keyof typeof operations;

/** Starts runs, takes steps and lists with a long history and on an empty store, and opens the history as its owner. */
export async function historyFigures(runCount: number, rounds: number): Promise<readonly Figure[]> {
  const [empty, full] = [benchFolder(), benchFolder()];
  await openOrThrow(empty).close();
  await loadFinishedRuns(full, runCount);
  const opened = await openingFigures(full, runCount);
  const stores = { empty: openOrThrow(empty), full: openOrThrow(full) };
  // The list of an empty store would be empty, so both stores get enough runs for a full page.
  for (const store of Object.values(stores)) await startAndEnd(store, 200);
  const readers = { empty: readerOrThrow(empty), full: readerOrThrow(full) };
  const [ofEmpty, ofFull] = [workOn(stores.empty, readers.empty), workOn(stores.full, readers.full)];
  const contenders = Object.fromEntries(
    operationNames.flatMap(
      (name) =>
        [
          [`${name}Empty`, ofEmpty[name]],
          [`${name}Full`, ofFull[name]],
        ] as const,
    ),
  );
  const samples = await takeTurns(contenders, rounds);
  for (const reader of Object.values(readers)) reader.close();
  for (const store of Object.values(stores)) await store.close();
  for (const folder of [empty, full]) rmSync(folder, { recursive: true, force: true });
  const per = (name: string, value: "cpuUs" | "wallUs"): readonly number[] =>
    (samples[name] ?? []).map((taken) => taken[value] / perRound);
  const figures = operationNames.flatMap((name) => {
    const [below, above] = [`${name}Empty`, `${name}Full`];
    const title = `${operations[name]}, ${runCount} finished runs`;
    return [
      summarize(`${title}: CPU`, "µs", per(above, "cpuUs")),
      ratioOf(`${title}, beside an empty store: CPU`, per(above, "cpuUs"), per(below, "cpuUs")),
      ratioOf(`${title}, beside an empty store: wall`, per(above, "wallUs"), per(below, "wallUs")),
    ];
  });
  return [...figures, ...opened];
}

// The keys of a record are its own names.
const operationNames = Object.keys(operations) as readonly Operation[];

/** Does this many of each thing in a round, on one store. */
function workOn(store: LogStore, reader: StoreReader): Readonly<Record<Operation, () => unknown>> {
  const runs = store.runs({ state: "succeeded", beforeSeq: Number.MAX_SAFE_INTEGER, limit: 100 });
  const middle = Math.floor(store.end().length / 2);
  const times = (work: (index: number) => unknown) => (): void => {
    for (let index = 0; index < perRound; index += 1) work(index);
  };
  const steps = Array.from({ length: 8 }, () => benchRun(Date.now()));
  return {
    start: async () => {
      for (let index = 0; index < perRound; index += 1) {
        const run = benchRun(Date.now());
        await appendOrThrow(store, batchOf(startedEvent(run), run));
      }
    },
    step: async () => {
      for (let index = 0; index < perRound; index += 1) {
        const run = steps[index % steps.length] ?? benchRun(Date.now());
        await appendOrThrow(store, batchOf(settledEvent(run.runId), { ...run, atMs: Date.now() }));
      }
    },
    list: times(() => store.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 50 })),
    state: times(() => store.runs({ state: "succeeded", beforeSeq: Number.MAX_SAFE_INTEGER, limit: 50 })),
    page: times((index) => store.runs({ state: "succeeded", beforeSeq: middle + index, limit: 50 })),
    prefix: times((index) => store.runsByPrefix((runs[index % runs.length]?.runId ?? "").slice(0, 16))),
    day: times(() =>
      reader.runsWithPrefix({
        prefix: (runs[0]?.runId ?? "").slice(0, 8),
        state: null,
        beforeSeq: Number.MAX_SAFE_INTEGER,
        limit: 50,
      }),
    ),
    // Asks about recent plans, as people do: the search goes through everything that was recorded after the plan.
    plan: times((index) => {
      const run = runs[index % runs.length];
      return run === undefined
        ? []
        : reader.runsOfPlan({
            planHash: run.planHash as Digest,
            sinceSeq: run.seq,
            state: null,
            beforeSeq: run.seq + 200,
            limit: 50,
          });
    }),
  };
}

/**
 * Opens the history as its owner would after a crash: first from the log alone, then with the snapshot that the first
 * time left behind.
 */
async function openingFigures(folder: string, runCount: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const what of ["no snapshot of the site", "a snapshot of the site"]) {
    const closing: (() => Promise<void>)[] = [];
    const { wallUs, cpuUs } = await sample(async () => {
      const owner = await openOwner(embeddedHome(folder), {
        permit: () => ({ kind: "permit", policies: null, reason: "" }),
        connections: new Map(),
        clock: systemClock,
        resolveSecret: async () => ({ ok: true, value: "" }),
        standing: async () => ({ kind: "permitted" }),
        release: kernelVersion,
      });
      if (!owner.ok) throw new Error(owner.error.message);
      closing.push(() => owner.value.close());
    });
    for (const close of closing) await close();
    figures.push(
      summarize(`open with ${runCount} finished runs and ${what}: wall`, "ms", [wallUs / 1_000]),
      summarize(`open with ${runCount} finished runs and ${what}: CPU`, "ms", [cpuUs / 1_000]),
    );
  }
  return figures;
}

function readerOrThrow(folder: string): StoreReader {
  const reader = openReader(folder);
  if (!reader.ok) throw new Error(reader.error.message);
  return reader.value;
}

async function startAndEnd(store: LogStore, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const run = benchRun(Date.now());
    for (const event of [startedEvent(run), endedEvent(run)]) await appendOrThrow(store, batchOf(event, run));
  }
}

async function appendOrThrow(store: LogStore, batch: AppendBatch): Promise<void> {
  const receipt = await store.append(batch);
  if (!receipt.ok) throw new Error(receipt.error.message);
}

/** How SQLite carries out each statement. None may `SCAN` a table or an index. */
export async function queryPlans(): Promise<
  readonly { readonly statement: string; readonly plan: string; readonly isScan: boolean }[]
> {
  const folder = benchFolder();
  await openOrThrow(folder).close();
  const db = new DatabaseSync(storePaths(folder).database);
  const plans = Object.entries(sql)
    .filter(([, text]) => /^(?:SELECT|UPDATE|DELETE)/.test(text))
    .map(([statement, text]) => {
      const steps = db
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map(({ detail }) => String(detail));
      return {
        statement,
        plan: steps.join("; "),
        isScan: steps.some((detail) => /^SCAN (?!tail\b|CONSTANT)/.test(detail)),
      };
    });
  db.close();
  rmSync(folder, { recursive: true, force: true });
  return plans;
}
