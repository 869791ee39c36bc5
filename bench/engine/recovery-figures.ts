// Time to open a store after a crash, and the memory that a waiting run takes.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { kernelVersion } from "../../src/core/plan/plan-format.ts";
import { planOf } from "../../src/core/run/fixtures/plan.fixture.ts";
import { systemClock } from "../../src/engine/clock.ts";
import { embeddedHome } from "../../src/log/sqlite/embedded-home.ts";
import { openOwner } from "../../src/owner/owner.ts";
import { startOf } from "./box-world.ts";
import { type Figure, sample, summarize } from "./measure.ts";
import { benchFolder, type OurEngine, openEngine } from "./our-runs.ts";

/** Leaves `runCount` runs that wait for a person, as a crash would, and lets a new owner open the store. */
export async function recoveryFigures(runCount: number): Promise<readonly Figure[]> {
  const folder = benchFolder();
  const heapBefore = heapBytes();
  let ours: OurEngine | null = openEngine(join(folder, "store"));
  await startWaiting(ours, runCount);
  const heapPerRun = (heapBytes() - heapBefore) / runCount;
  // Closing syncs and makes a checkpoint, which a crash does not do. Reading the log, which is measured, is the same.
  await ours.close();
  ours = null;
  const opened: { count: number; close: () => Promise<void> } = { count: 0, close: async () => undefined };
  const { wallUs, cpuUs } = await sample(async () => {
    const owner = await openOwner(embeddedHome(join(folder, "store")), {
      permit: () => ({ kind: "permit", policies: null, reason: "" }),
      connections: new Map(),
      clock: systemClock,
      resolveSecret: async () => ({ ok: true, value: "" }),
      standing: async () => ({ kind: "permitted" }),
      release: kernelVersion,
    });
    if (!owner.ok) throw new Error(owner.error.message);
    opened.count = owner.value.engine.unfinishedRunIds().length;
    opened.close = () => owner.value.close();
  });
  if (opened.count !== runCount) throw new Error(`${opened.count} of ${runCount} runs were found`);
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
  return [
    summarize(`open with ${runCount} unfinished runs: wall`, "ms", [wallUs / 1_000]),
    summarize(`open with ${runCount} unfinished runs: CPU`, "ms", [cpuUs / 1_000]),
    summarize("memory of a waiting run", "bytes", [heapPerRun]),
  ];
}

/** A plan that asks a person before it writes. */
async function startWaiting({ engine }: OurEngine, runCount: number): Promise<void> {
  const plan = planOf([
    { id: "q", kind: "approve", forMs: 86_400_000 },
    { id: "esc", kind: "escalate", after: ["q"], when: "q != 'approved'" },
    { id: "end", kind: "end", after: ["q"], when: "q == 'approved'" },
  ]);
  for (let from = 0; from < runCount; from += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, runCount - from) }, async (_, index) => {
        // Every run has a plan of its own, as in real life, so that runs share no memory that they would not share.
        const own = structuredClone(plan);
        const start = startOf(own, `run_w${from + index}`, Date.now());
        const submission = await engine.submit(start);
        if (!submission.ok) throw new Error(submission.error.message);
        const phase = engine.run(start.runId)?.phase.kind;
        if (phase !== "running") throw new Error(`a run that asks is ${phase ?? "nowhere"}`);
      }),
    );
  }
}

function heapBytes(): number {
  // The npm script gives --expose-gc. Without it the figure is an upper bound.
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
