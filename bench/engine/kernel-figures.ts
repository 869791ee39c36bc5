// The kernel alone, without store or effects: CPU an event as the plan grows, for every shape of plan; and with the
// engine's loop around it, over a store that only acknowledges.
import { recordCourse, replayCourse } from "../kernel/course.ts";
import { type Shape, shapes } from "../kernel/shapes.ts";
import { engineFigures } from "./loop-figures.ts";
import { type Figure, measureSizes } from "./measure.ts";
import { siteFigures } from "./site-figures.ts";

/** A plan shorter than this is run again until it is reached, so that a round of each takes about as long. */
const stepCountMin = 1_000;

/** What an event costs: for each shape at each size, in the engine's loop, and on a site that has grown. */
export async function kernelFigures(
  hashUs: number,
  rounds: number,
  sizes: readonly number[] = [10, 100, 1_000, 10_000],
): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const shape of shapes) figures.push(...(await shapeFigures(shape, hashUs, rounds, sizes)));
  return [...figures, ...(await engineFigures(hashUs, rounds, sizes)), ...(await siteFigures(hashUs, rounds))];
}

async function shapeFigures(
  shape: Shape,
  hashUs: number,
  rounds: number,
  sizes: readonly number[],
): Promise<readonly Figure[]> {
  const courses = new Map(sizes.map((size) => [size, recordCourse(shape, size)]));
  return measureSizes({ name: `kernel, ${shape.name}`, sizes, hashUs, rounds }, (size) => {
    const course = courses.get(size);
    if (course === undefined) throw new Error("each size has its course");
    const { cpuMicroseconds, eventCount } = replayCourse(course, Math.max(1, Math.ceil(stepCountMin / size)));
    return cpuMicroseconds / eventCount;
  });
}
