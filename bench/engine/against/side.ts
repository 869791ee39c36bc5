// One side of a comparison, in a process of its own: `node side.ts ROOT`. It runs the bench code of the tree at ROOT, a
// figure whenever it is told to, and answers with what that took. Code and heap stay warm from round to round.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Course from "../../kernel/course.ts";
import type * as Shapes from "../../kernel/shapes.ts";
import type * as LoopFigures from "../loop-figures.ts";
import type * as OurRuns from "../our-runs.ts";

/** What a figure can be measured by. A tree that is compared offers these; everything below them is its own. */
interface SideModules {
  readonly runs: Pick<typeof OurRuns, "openEngine" | "prepareRuns" | "runAll" | "discard">;
  readonly loop: Pick<typeof LoopFigures, "engineFigures">;
  readonly course: Pick<typeof Course, "recordCourse" | "replayCourse">;
  readonly shapes: Pick<typeof Shapes, "shapes">;
}

/** What one round of one figure took, for each step or event of it. `wallUs` is `null` where nothing is waited for. */
export interface SideSample {
  readonly cpuUs: number;
  readonly wallUs: number | null;
}

/** Measures one round. */
type Measure = () => Promise<SideSample>;

async function loadSide(root: string): Promise<SideModules> {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(root, "bench", path)).href);
  const [runs, loop, course, shapes] = await Promise.all(
    ["engine/our-runs.ts", "engine/loop-figures.ts", "kernel/course.ts", "kernel/shapes.ts"].map(load),
  );
  // The four exist in every tree since 090eea1; a tree without them fails at its first figure, by name.
  return { runs, loop, course, shapes } as SideModules;
}

/** Whole runs with SQLite: so many side by side, and as often as makes `stepCountMin` steps a round. */
function runsMeasure({ runs }: SideModules, shape: { readonly runCount: number; readonly stepCount: number }): Measure {
  const stepCountMin = 200;
  const repeats = Math.max(1, Math.ceil(stepCountMin / (shape.runCount * shape.stepCount)));
  const ours = runs.openEngine();
  process.once("exit", () => void runs.discard(ours));
  return async () => {
    // Planning is not running: it is done before the clock starts.
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

/** The engine's loop over a store that only acknowledges: one event of a fan of 100 writes. */
function loopMeasure({ loop }: SideModules): Measure {
  return async () => {
    collectYoung();
    // With one SHA-256 taken for a microsecond, the figure is in microseconds.
    const [figure] = await loop.engineFigures(1, 1, [100]);
    return { cpuUs: figure?.value ?? Number.NaN, wallUs: null };
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

/** The figures both sides are measured by. */
export const figureNames = [
  "1 × 10 steps",
  "1 × 100 steps",
  "64 × 10 steps",
  "loop, an event",
  "kernel, an event",
] as const;

/** One of them. */
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
