// One side of a comparison, in a process of its own: `node side.ts ROOT`. It runs the bench code of the tree at ROOT,
// one figure for each request, and answers with the time it took. Code and heap stay warm from round to round.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Course from "../../kernel/course.ts";
import type * as Shapes from "../../kernel/shapes.ts";
import type * as OurRuns from "../our-runs.ts";
import { loadLoop } from "./loop.ts";

/** The modules that measure a figure. Every tree that is compared has these; what is below them may differ. */
interface SideModules {
  readonly runs: Pick<typeof OurRuns, "openEngine" | "prepareRuns" | "runAll" | "discard">;
  readonly loop: () => Promise<number>;
  readonly course: Pick<typeof Course, "recordCourse" | "replayCourse">;
  readonly shapes: Pick<typeof Shapes, "shapes">;
}

/** The time of one round of one figure, for each step or event of it. `wallUs` is `null` if nothing is waited for. */
export interface SideSample {
  readonly cpuUs: number;
  readonly wallUs: number | null;
}

/** Measures one round. */
type Measure = () => Promise<SideSample>;

async function loadSide(root: string): Promise<SideModules> {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(root, "bench", path)).href);
  const [loop, runs, course, shapes] = await Promise.all([
    loadLoop(root),
    ...["engine/our-runs.ts", "kernel/course.ts", "kernel/shapes.ts"].map(load),
  ]);
  // Every tree since 090eea1 has these. An older tree fails at its first figure, with the name of what is missing.
  return { runs, loop, course, shapes } as SideModules;
}

/** Whole runs with SQLite: `runCount` at the same time, repeated until a round has `stepCountMin` steps. */
function runsMeasure({ runs }: SideModules, shape: { readonly runCount: number; readonly stepCount: number }): Measure {
  const stepCountMin = 200;
  const repeats = Math.max(1, Math.ceil(stepCountMin / (shape.runCount * shape.stepCount)));
  const ours = runs.openEngine();
  process.once("exit", () => void runs.discard(ours));
  return async () => {
    // Planning is not part of running, so it is done before the clock starts.
    const prepared: Awaited<ReturnType<typeof runs.prepareRuns>>[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) prepared.push(await runs.prepareRuns(ours, shape));
    const stepCount = repeats * shape.runCount * shape.stepCount;
    collectYoung();
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    for (const starts of prepared) await runs.runAll(ours, starts);
    const { user, system } = process.cpuUsage(cpu);
    return { cpuUs: (user + system) / stepCount, wallUs: ((performance.now() - startedMs) * 1_000) / stepCount };
  };
}

/** The engine's loop over a store that keeps nothing: one event of a fan of 100 writes, with its canonical text. */
function loopMeasure({ loop }: SideModules): Measure {
  return async () => {
    collectYoung();
    return { cpuUs: await loop(), wallUs: null };
  };
}

/** One event through the kernel, on a chain of 100 writes. */
function kernelMeasure({ course, shapes }: SideModules): Measure {
  const chain = shapes.shapes.find(({ name }) => name === "chain");
  if (chain === undefined) throw new Error("the kernel's bench has a chain");
  const recorded = course.recordCourse(chain, 100);
  return async () => {
    const { cpuMicroseconds, eventCount } = course.replayCourse(recorded, 20);
    return { cpuUs: cpuMicroseconds / eventCount, wallUs: null };
  };
}

function collectYoung(): void {
  // A major collection would also throw away what the compiler has learned.
  (globalThis.gc as undefined | ((options: { readonly type: "minor" }) => void))?.({ type: "minor" });
}

/** The figures that both sides measure. */
export const figureNames = [
  "1 × 10 steps",
  "1 × 100 steps",
  "64 × 10 steps",
  "loop, an event",
  "kernel, an event",
] as const;

/** The name of one of them. */
export type FigureName = (typeof figureNames)[number];

function measureOf(name: FigureName, side: SideModules): Measure {
  switch (name) {
    case "1 × 10 steps":
      return runsMeasure(side, { runCount: 1, stepCount: 10 });
    case "1 × 100 steps":
      return runsMeasure(side, { runCount: 1, stepCount: 100 });
    case "64 × 10 steps":
      return runsMeasure(side, { runCount: 64, stepCount: 10 });
    case "loop, an event":
      return loopMeasure(side);
    case "kernel, an event":
      return kernelMeasure(side);
  }
}

async function main(root: string): Promise<void> {
  const side = await loadSide(root);
  const measures = new Map<FigureName, Measure>();
  process.on("message", (name: FigureName) => {
    const measure = measures.get(name) ?? measureOf(name, side);
    measures.set(name, measure);
    measure().then(
      (sample) => process.send?.({ sample }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : "no error" }),
    );
  });
  process.once("disconnect", () => process.exit());
  process.send?.({ sample: null });
}

if (import.meta.main) await main(process.argv[2] ?? ".");
