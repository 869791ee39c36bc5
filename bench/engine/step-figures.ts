// Where the time of a step goes: measures the same run as a whole and part by part, so that a missed target can be
// traced to its part. Compares a step that only reads with one ordered commit of the same bytes.
import { rmSync } from "node:fs";
import { genesisDigest } from "../../src/core/log/chain.ts";
import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { LogStore } from "../../src/log/log-store.ts";
import { sealRecord } from "../../src/log/seal.ts";
import type { AppendBatch, Store } from "../../src/log/store.ts";
import { recordCourse, replayCourse } from "../kernel/course.ts";
import { shapes } from "../kernel/shapes.ts";
import { boxConnections, readingPlan, sequentialPlan, startOf } from "./box-world.ts";
import { RawTable } from "./floors.ts";
import { acknowledgingStore } from "./loop-figures.ts";
import { type Figure, ratioOf, type Sample, summarize, takeTurns } from "./measure.ts";
import { benchFolder, discard, openEngine, openOrThrow, runAll } from "./our-runs.ts";

const stepCount = 100;
const runsPerRound = 5;

/** CPU time of a step in each part of a run of writes, and in a run of reads compared with its ordered commits. */
export async function stepFigures(hashUs: number, rounds: number): Promise<readonly Figure[]> {
  const batches = await batchesOf(sequentialPlan(stepCount, "parts"));
  const reads = await batchesOf(readingPlan(stepCount));
  const bytes = (of: readonly AppendBatch[]): number =>
    of.reduce((sum, batch) => sum + batch.records.reduce((size, { body }) => size + JSON.stringify(body).length, 0), 0);
  const [folder, ours] = [benchFolder(), openEngine()];
  const store = openOrThrow(folder);
  const floor = new RawTable(folder, { recordCount: 3, bytesPerRecord: Math.round(bytes(batches) / stepCount / 3) });
  const readFloor = new RawTable(benchFolder(), {
    recordCount: 1,
    bytesPerRecord: Math.round(bytes(reads) / stepCount),
  });
  readFloor.setSynchronous("NORMAL");
  const chain = shapes.find(({ name }) => name === "chain");
  if (chain === undefined) throw new Error("the kernel's bench has a chain");
  const course = recordCourse(chain, stepCount);
  let number = 0;
  const start = (isReading: boolean): ReturnType<typeof startOf> =>
    startOf(
      isReading ? readingPlan(stepCount) : sequentialPlan(stepCount, `p${number}`),
      `run_part${(number += 1)}`,
      Date.now(),
    );
  const prepared = Array.from({ length: (rounds + 3) * runsPerRound }, () => ({
    whole: start(false),
    loop: start(false),
    reads: start(true),
  }));
  const samples = await takeTurns(
    {
      whole: rounded(async (index) => runAll(ours, [startAt(prepared, index).whole])),
      loop: rounded(async (index) => runAlone(acknowledgingStore(), startAt(prepared, index).loop)),
      store: rounded((index) => appendAll(store, batches, `run_w${index}`)),
      seal: rounded(() =>
        batches.forEach(({ records }) => records.forEach((record, seq) => sealRecord(record, seq, genesisDigest))),
      ),
      floor: rounded(() => floor.run(stepCount)),
      reads: rounded(async (index) => runAll(ours, [startAt(prepared, index).reads])),
      readCommits: rounded((index) => appendAll(store, reads, `run_r${index}`)),
      readFloor: rounded(() => {
        for (let step = 0; step < stepCount; step += 1) readFloor.commit(1);
      }),
    },
    rounds,
  );
  await store.close();
  [floor, readFloor].forEach((table) => table.close());
  await discard(ours);
  rmSync(folder, { recursive: true, force: true });
  const kernel = Array.from(
    { length: rounds },
    () => replayCourse(course, runsPerRound).cpuMicroseconds / stepCount / runsPerRound,
  );
  return describe(samples, kernel, hashUs);
}

type Part = keyof typeof titles;

function describe(
  samples: Readonly<Record<Part, readonly Sample[]>>,
  kernelUs: readonly number[],
  hashUs: number,
): readonly Figure[] {
  const cpu = (name: Part): readonly number[] => samples[name].map(({ cpuUs }) => cpuUs / stepCount / runsPerRound);
  const inHashes = (values: readonly number[]): readonly number[] => values.map((us) => us / hashUs);
  return [
    ...(Object.keys(titles) as Part[]).flatMap((name) => [
      summarize(`${titles[name]}: CPU a step`, "µs", cpu(name)),
      summarize(`${titles[name]}: CPU a step`, "H", inHashes(cpu(name))),
    ]),
    summarize("write step, kernel alone: CPU a step", "H", inHashes(kernelUs)),
    ratioOf("a read step beside one ordered commit of its bytes by our store", cpu("reads"), cpu("readCommits")),
    ratioOf("a read step beside one bare ordered SQLite commit of its bytes", cpu("reads"), cpu("readFloor")),
  ];
}

function startAt<T>(starts: readonly T[], index: number): T {
  const start = starts[index];
  if (start === undefined) throw new Error("there is a start for every run");
  return start;
}

const titles = {
  whole: "write step, whole: engine, store and disk",
  loop: "write step, engine over a store that only acknowledges",
  store: "write step, its records through the store, synced",
  seal: "write step, its records sealed",
  floor: "write step, floor: bare SQLite insert, FULL",
  reads: "read step, whole",
  readCommits: "read step, its records through the store, one ordered commit",
  readFloor: "read step, floor: bare ordered SQLite commit",
} as const;

/** Does `runsPerRound` runs in a round. `index` goes on from round to round, because a run's id is used once. */
function rounded(work: (index: number) => unknown): () => Promise<void> {
  let index = 0;
  return async () => {
    for (const end = index + runsPerRound; index < end; index += 1) await work(index);
  };
}

/** The batches that a run hands to its store. */
async function batchesOf(plan: ReturnType<typeof sequentialPlan>): Promise<readonly AppendBatch[]> {
  const batches: AppendBatch[] = [];
  await runAlone(
    {
      ...acknowledgingStore(),
      append: async (batch) => {
        // Without the texts that the engine has made already: the store is measured as it seals them itself.
        const records = batch.records.map(({ stream, atMs, kind, body }) => ({ stream, atMs, kind, body }));
        batches.push({ ...batch, records, documents: [] });
        return { ok: true, value: { firstSeq: 0, length: 0, head: genesisDigest } };
      },
    },
    startOf(plan, "run_recorded", Date.now()),
  );
  return batches;
}

async function appendAll(store: LogStore, batches: readonly AppendBatch[], stream: string): Promise<void> {
  const receipts: ReturnType<LogStore["append"]>[] = [];
  for (const batch of batches) {
    const appended = store.append({ ...batch, records: batch.records.map((record) => ({ ...record, stream })) });
    receipts.push(appended);
    // Like the engine, does not wait for what only trails.
    if (batch.durability !== "trailing") await appended;
  }
  for (const receipt of await Promise.all(receipts)) if (!receipt.ok) throw new Error(receipt.error.message);
}

async function runAlone(store: Store, start: ReturnType<typeof startOf>): Promise<void> {
  const engine = new Engine(
    {
      store,
      connections: boxConnections(new Map()),
      clock: systemClock,
      resolveSecret: async () => ({ ok: true, value: "" }),
      standing: async () => ({ kind: "permitted" }),
    },
    {
      site: applySite(emptySite(), { kind: "engine_opened", runId: null, epoch: store.epoch, release: "bench" }, 0),
      runs: new Map(),
    },
  );
  await engine.submit(start);
  const run = await engine.whenIdle(start.runId);
  if (run.phase.kind !== "ended" || run.phase.outcome !== "succeeded")
    throw new Error(`the bench's run is ${run.phase.kind}`);
  await engine.close();
}
