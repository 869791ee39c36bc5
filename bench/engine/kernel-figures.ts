// CPU time of one event as the plan grows: in the kernel alone for every shape of plan, in the engine's loop over a
// store that only acknowledges, and on a site that has grown.
import { recordCourse, replayCourse } from "../kernel/course.ts";
import { type Shape, shapes } from "../kernel/shapes.ts";
import { engineFigures } from "./loop-figures.ts";
import { type Figure, measureSizes } from "./measure.ts";
import { siteFigures } from "./site-figures.ts";

/** A shorter plan is run several times, so that a round takes about as long for every size. */
const stepCountMin = 1_000;

/** CPU time of one event, for each shape at each size, in the engine's loop, and on a site that has grown. */
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
