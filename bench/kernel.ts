import { hash } from "node:crypto";
import { readArgs } from "../simulation/script-options.ts";
import { recordCourse, replayCourse } from "./kernel/course.ts";
import { type Shape, shapes } from "./kernel/shapes.ts";

/*
 * `npm run bench:kernel [-- --json] [--only SHAPE] [--sizes 10,10000]`: CPU time of one event in the kernel (decide,
 * fold, what is due), for plans of every shape with 10 to 10,000 steps. The unit H is the CPU time of one `crypto.hash`
 * of 364 bytes, measured in the same process in turns with the rest. Targets are ratios; times are for orientation.
 */

/** CPU of one event at one size. */
export interface KernelFigure {
  readonly shape: string;
  readonly stepCount: number;
  readonly eventCount: number;
  /** Median over the rounds. */
  readonly microsecondsPerEvent: number;
  readonly hashesPerEvent: number;
  /** The fastest round. Useful when other work on the machine disturbs the median. */
  readonly microsecondsPerEventMin: number;
}

const defaultSizes = [10, 100, 1_000, 10_000] as const;
const rounds = 9;

function hashMicroseconds(): number {
  const bytes = Buffer.alloc(364, 7);
  const count = 20_000;
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) hash("sha256", bytes);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / count;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

/** Measures all sizes of one shape in turns, so that a slow moment of the machine affects all of them. */
function benchShape(
  shape: Shape,
  sizes: readonly number[] = defaultSizes,
): { readonly hashMicroseconds: number; readonly figures: readonly KernelFigure[] } {
  const cases = sizes.map((stepCount) => ({
    stepCount,
    course: recordCourse(shape, stepCount),
    samples: [] as number[],
    eventCount: 0,
  }));
  const hashes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const hashed = hashMicroseconds();
    if (round > 0) hashes.push(hashed);
    for (const measured of cases) {
      const repeats = Math.max(1, Math.ceil(2_000 / measured.stepCount));
      const { eventCount, cpuMicroseconds } = replayCourse(measured.course, repeats);
      measured.eventCount = eventCount / repeats;
      // The first round is for the compiler to warm up.
      if (round > 0) measured.samples.push(cpuMicroseconds / eventCount);
    }
  }
  const unit = median(hashes);
  const figures = cases.map(({ stepCount, samples, eventCount }) => {
    const microsecondsPerEvent = median(samples);
    return {
      shape: shape.name,
      stepCount,
      eventCount,
      microsecondsPerEvent,
      hashesPerEvent: microsecondsPerEvent / unit,
      microsecondsPerEventMin: Math.min(...samples),
    };
  });
  return { hashMicroseconds: unit, figures };
}

if (import.meta.main) {
  const { values } = readArgs({
    options: { json: { type: "boolean" }, only: { type: "string" }, sizes: { type: "string" } },
  });
  const sizes = values.sizes?.split(",").map(Number) ?? defaultSizes;
  const all: KernelFigure[] = [];
  for (const shape of shapes.filter(({ name }) => values.only === undefined || name === values.only)) {
    const { hashMicroseconds: unit, figures } = benchShape(shape, sizes);
    all.push(...figures);
    if (values.json === true) continue;
    console.log(`${shape.name}: ${shape.says} (H = ${unit.toFixed(2)} µs of CPU)`);
    const [small] = figures;
    for (const { stepCount, eventCount, microsecondsPerEvent, microsecondsPerEventMin, hashesPerEvent } of figures) {
      const times = [
        microsecondsPerEvent / (small?.microsecondsPerEvent ?? NaN),
        microsecondsPerEventMin / (small?.microsecondsPerEventMin ?? NaN),
      ].map((ratio) => ratio.toFixed(2));
      const size = `${String(stepCount).padStart(6)} steps ${String(eventCount).padStart(6)} events`;
      const each = `${microsecondsPerEvent.toFixed(2).padStart(7)} µs/event ${hashesPerEvent.toFixed(1).padStart(6)} H`;
      const least = `(least of the rounds ${microsecondsPerEventMin.toFixed(2)} µs, × ${times[1]})`;
      console.log(`  ${size}  ${each}  × ${times[0]} ${least}`);
    }
  }
  if (values.json === true) console.log(JSON.stringify({ format: "interlock.bench-kernel/1", figures: all }));
}
