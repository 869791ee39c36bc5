import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applySite, emptySite } from "../../src/core/run/apply/site.ts";
import type { StartInput } from "../../src/core/run/words/input.ts";
import type { RunState } from "../../src/core/run/words/state.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { LogStore } from "../../src/log/log-store.ts";
import { openStore } from "../../src/log/sqlite/open.ts";
import { boxConnections, sequentialPlan, startOf } from "./box-world.ts";

/** An engine on a store of its own, over boxes in memory. */
export interface OurEngine {
  readonly engine: Engine;
  readonly store: LogStore;
  readonly folder: string;
  close(): Promise<void>;
}

/** A fresh folder for temporary files. */
export function benchFolder(): string {
  return mkdtempSync(join(tmpdir(), "interlock-bench-"));
}

/** Opens an engine over a folder, a fresh one unless given. */
export function openEngine(folder: string = benchFolder(), runs: ReadonlyMap<string, RunState> = new Map()): OurEngine {
  const store = openOrThrow(folder);
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
      runs,
    },
  );
  return { engine, store, folder, close: () => engine.close() };
}

export function openOrThrow(folder: string): LogStore {
  const store = openStore(folder);
  if (!store.ok) throw new Error(store.error.message);
  return store.value;
}

/** Closes the engine and removes its folder. */
export async function discard(ours: OurEngine): Promise<void> {
  await ours.close();
  rmSync(ours.folder, { recursive: true, force: true });
}

let runNumber = 0;

/**
 * Makes the inputs that start runs, and stores their plans. Planning is not running, so this is done before anything is
 * measured.
 */
export async function prepareRuns(
  { store }: OurEngine,
  options: { readonly runCount: number; readonly stepCount: number },
): Promise<readonly StartInput[]> {
  const starts = Array.from({ length: options.runCount }, () => {
    runNumber += 1;
    const runId = `run_${runNumber.toString(36).padStart(9, "0")}`;
    return startOf(sequentialPlan(options.stepCount, `r${runNumber}`), runId, Date.now());
  });
  // A plan is plain data by construction; the store asserts it.
  const documents = starts.map(({ planHash, plan }) => ({ digest: planHash, value: plan as unknown as JsonValue }));
  const stored = await store.append({ durability: "ordered", records: [], documents });
  if (!stored.ok) throw new Error(stored.error.message);
  return starts;
}

/** Starts all runs and waits until each has ended. Throws if one does not succeed. */
export async function runAll({ engine }: OurEngine, starts: readonly StartInput[]): Promise<void> {
  await Promise.all(
    starts.map(async (start) => {
      const submission = await engine.submit(start);
      if (!submission.ok) throw new Error(submission.error.message);
      const run = await engine.whenIdle(start.runId);
      if (run.phase.kind !== "ended" || run.phase.outcome !== "succeeded")
        throw new Error(`${start.runId} is ${run.phase.kind}`);
    }),
  );
}
