// Families of plans with any number of steps. They differ in how many steps follow one, wait for one, are under way
// together, or are undone.
import type { Plan } from "../../src/core/plan/plan.ts";
import { planOf, type StepSketch } from "../../src/core/run/fixtures/plan.fixture.ts";

/** A family of plans, and the step that fails in each of them, if one does. */
export interface Shape {
  readonly name: string;
  readonly says: string;
  readonly plan: (stepCount: number) => Plan;
  readonly failing: (stepCount: number) => string | null;
}

/**
 * Steps in a layer or a wave. Small enough that a plan of ten steps has several, and so the shape of the longest plan.
 */
const width = 3;

const nothingFails = (): null => null;

/** Every shape that is measured. */
export const shapes: readonly Shape[] = [
  shape("chain", "writes, one after another", (index) => ({ after: index === 0 ? [] : [`s${index - 1}`] })),
  shape("fan", "writes that all come up at once, after one", (index) => ({ after: index === 0 ? [] : ["s0"] })),
  shape("one target", "writes that all come up at once, after one, of one object", (index) => ({
    box: "x",
    after: index === 0 ? [] : ["s0"],
  })),
  shape("reads", "reads, one after another", (index) => ({
    kind: "probe",
    after: index === 0 ? [] : [`s${index - 1}`],
  })),
  shape("read fan", "reads that all come up at once, after one", (index) => ({
    kind: "probe",
    after: index === 0 ? [] : ["s0"],
  })),
  shape("layers", `reads in layers of ${width}, each after the whole layer before`, (index) => ({
    kind: "probe",
    after: idsOf(Math.floor(index / width) - 1),
  })),
  shape("join", "reads that all come up at once, after one, and one write after all of them", (index, count) =>
    index === count - 1
      ? { after: Array.from({ length: index }, (_, other) => `s${other}`) }
      : { kind: "probe", after: index === 0 ? [] : ["s0"] },
  ),
  shape("ladder", "diamonds, one after another: a write, two after it, the next after both", (index) => ({
    after: index === 0 ? [] : index % 3 === 0 ? [`s${index - 2}`, `s${index - 1}`] : [`s${index - (index % 3)}`],
  })),
  {
    name: "branches",
    says: "a probe, one step for each outcome of which one is skipped, the next probe",
    plan: branches,
    failing: nothingFails,
  },
  shape("waits", "waits that all begin at once, after one, and end one by one", (index) => ({
    kind: "wait",
    forMs: 1_000 + 10 * index,
    after: index === 0 ? [] : ["s0"],
  })),
  shape("waves", `writes in waves of ${width}, a wait before each`, (index) =>
    index % (width + 1) === 0
      ? { kind: "wait", forMs: 1, after: wave(index - width - 1) }
      : { after: [`s${index - (index % (width + 1))}`] },
  ),
  {
    ...shape("way back", "writes, one after another, of which the last fails: all are undone", (index) => ({
      after: index === 0 ? [] : [`s${index - 1}`],
    })),
    failing: (stepCount) => `s${stepCount - 1}`,
  },
];

function shape(name: string, says: string, sketch: (index: number, count: number) => Omit<StepSketch, "id">): Shape {
  return {
    name,
    says,
    failing: nothingFails,
    plan: (count) =>
      planOf(Array.from({ length: count }, (_, index) => ({ ...sketch(index, count), id: `s${index}` }))),
  };
}

function idsOf(layer: number): readonly string[] {
  return layer < 0 ? [] : Array.from({ length: width }, (_, index) => `s${layer * width + index}`);
}

/** The writes that wait for a barrier. */
function wave(barrier: number): readonly string[] {
  return barrier < 0 ? [] : Array.from({ length: width }, (_, index) => `s${barrier + 1 + index}`);
}

function branches(stepCount: number): Plan {
  const ran = (number: number): string => `y${number} != 'not_run' || n${number} != 'not_run'`;
  const after = (number: number): Pick<StepSketch, "after" | "when"> =>
    number < 0 ? {} : { after: [`y${number}`, `n${number}`], when: ran(number) };
  const count = Math.ceil(stepCount / 3);
  const sketches = Array.from({ length: count }, (_, number): readonly StepSketch[] => [
    { id: `p${number}`, kind: "probe", ...after(number - 1) },
    { id: `y${number}`, after: [`p${number}`], when: `p${number} == 'yes'` },
    { id: `n${number}`, after: [`p${number}`], when: `p${number} == 'no'` },
  ]);
  return planOf([...sketches.flat(), { id: "end", kind: "end", ...after(count - 1) }]);
}
