import type { GuardValue } from "../../guard/formula.ts";
import { invariant } from "../../value/invariant.ts";
import type { Course, StateBudget } from "../courses.ts";
import { knownAt, shareLock } from "../window.ts";
import type { World, WorldStep } from "../world.ts";
import { areBeside, type Slice } from "./slice.ts";
import type { UndoWrites } from "./undo-writes.ts";

/** What is known of a fact. `isSure`: no step that failed may have left it otherwise. */
export interface Known {
  readonly value: GuardValue | undefined;
  readonly isSure: boolean;
}

/** The facts of a slice, by name. */
export type Facts = ReadonlyMap<string, Known>;

/** A step that has touched the world. */
export interface Touched {
  readonly step: WorldStep;
  /** The facts as they were before it. */
  readonly before: Facts;
  /** Whether it ran and failed: then it is undone whatever the facts show. */
  readonly hasFailed: boolean;
}

/** What begins a way back. */
export interface Trigger {
  readonly step: WorldStep;
  readonly isEnding: boolean;
}

/** A moment at which a way back begins: nothing is in the air any more. */
export interface Launch {
  readonly facts: Facts;
  /** In the order of the plan. */
  readonly touched: readonly Touched[];
  /** Whether the step whose failure begins it has left something behind. */
  readonly isTouched: boolean;
}

type Fate = "done" | "untouched" | "nothing" | "everything";

/** At most so many failed steps of a course are tried each way. */
const failuresMax = 4;

/**
 * Every moment of a course at which a way back may begin, as far as a slice shows it: everything before the trigger is
 * over, nothing behind it has begun, and of what stands beside it any part may be done. A step that failed may have
 * touched nothing, changed nothing, or changed everything.
 *
 * @returns `undefined` if there are too many
 */
export function launchesOf(
  world: World,
  from: {
    readonly slice: Slice;
    readonly undos: UndoWrites;
    readonly trigger: Trigger;
    readonly course: Course;
    readonly budget: StateBudget;
  },
): readonly Launch[] | undefined {
  const { slice, undos, trigger, course, budget } = from;
  const ran = slice.steps
    .map((at) => stepAt(world, at))
    .filter(({ at }) => at !== trigger.step.at && !world.isBefore(trigger.step.at, at))
    .filter(({ at, isWrite }) => isWrite && course.fates.get(at) !== "skipped");
  const failed = ran.filter(({ at }) => course.fates.get(at) === "failed");
  if (failed.length > failuresMax) return undefined;
  const sets = settledSets(world, { ran, trigger, budget });
  if (sets === undefined) return undefined;
  const own: readonly Fate[] =
    !trigger.isEnding && trigger.step.isWrite && slice.steps.includes(trigger.step.at)
      ? ["untouched", "nothing", "everything"]
      : ["untouched"];
  const launches: Launch[] = [];
  for (const settled of sets)
    for (const choice of choicesOf(failed.filter((step) => settled.has(step.at))))
      for (const fate of own) {
        if (budget.left <= 0) return undefined;
        budget.left -= 1;
        const fates = new Map<number, Fate>([...settled].map((at) => [at, choice.get(at) ?? "done"]));
        if (fate !== "untouched") fates.set(trigger.step.at, fate);
        const found = launchesWith(world, { slice, undos, trigger, fates });
        if (found === undefined) return undefined;
        launches.push(...found);
      }
  return launches;
}

/** The sets of steps that may be over when the trigger comes, the smallest first. */
function settledSets(
  world: World,
  from: { readonly ran: readonly WorldStep[]; readonly trigger: Trigger; readonly budget: StateBudget },
): readonly ReadonlySet<number>[] | undefined {
  const { ran, trigger, budget } = from;
  const first = new Set(ran.flatMap(({ at }) => (world.isBefore(at, trigger.step.at) ? [at] : [])));
  const sets: ReadonlySet<number>[] = [first];
  const seen = new Set([[...first].join()]);
  for (let next = 0; next < sets.length; next += 1) {
    const settled = sets[next] ?? first;
    for (const { at } of ran) {
      if (settled.has(at) || ran.some((other) => world.isBefore(other.at, at) && !settled.has(other.at))) continue;
      const more = new Set([...settled, at].sort((left, right) => left - right));
      const key = [...more].join();
      if (seen.has(key)) continue;
      seen.add(key);
      if (budget.left <= 0) return undefined;
      budget.left -= 1;
      sets.push(more);
    }
  }
  return sets;
}

function choicesOf(failed: readonly WorldStep[]): readonly ReadonlyMap<number, Fate>[] {
  const fates: readonly Fate[] = ["untouched", "nothing", "everything"];
  return failed.reduce<readonly ReadonlyMap<number, Fate>[]>(
    (choices, { at }) => choices.flatMap((choice) => fates.map((fate) => new Map([...choice, [at, fate]]))),
    [new Map()],
  );
}

/** At most so many ways of what steps may have read before they were sent. */
const readingsMax = 64;

/**
 * The moment that these fates lead to. There are several of it where a step may have read a fact before a step beside
 * it set that, or after.
 */
function launchesWith(
  world: World,
  from: {
    readonly slice: Slice;
    readonly undos: UndoWrites;
    readonly trigger: Trigger;
    readonly fates: ReadonlyMap<number, Fate>;
  },
): readonly Launch[] | undefined {
  const { slice, undos, trigger, fates } = from;
  const facts = new Map<string, Known>();
  for (const fact of slice.facts) facts.set(fact, { value: knownAt(world, trigger.step.at, fact), isSure: true });
  const start: Facts = new Map(facts);
  let readings: readonly (readonly Touched[])[] = [[]];
  for (const at of [...fates.keys()].sort((left, right) => left - right)) {
    const step = stepAt(world, at);
    const fate = fates.get(at);
    if (fate !== "untouched") {
      const befores = beforesOf(world, step, { undos, trigger, fates, start, facts });
      readings = readings.flatMap((touched) =>
        befores.map((before) => [...touched, { step, before, hasFailed: fate !== "done" }]),
      );
      if (readings.length > readingsMax) return undefined;
    }
    make(facts, step, fate);
  }
  return readings.map((touched) => ({ facts, touched, isTouched: fates.has(trigger.step.at) }));
}

function make(facts: Map<string, Known>, step: WorldStep, fate: Fate | undefined): void {
  for (const [fact, value] of step.effect) {
    const now = facts.get(fact);
    if (now === undefined) continue;
    if (fate === "done") facts.set(fact, { value, isSure: true });
    else if (now.value !== value) facts.set(fact, { value: fate === "everything" ? value : now.value, isSure: false });
  }
  if (fate !== "done") return;
  for (const fact of step.blurred) if (facts.has(fact)) facts.set(fact, { value: undefined, isSure: true });
}

/** What the facts may have been when a step read them. */
function beforesOf(
  world: World,
  step: WorldStep,
  from: {
    readonly undos: UndoWrites;
    readonly trigger: Trigger;
    readonly fates: ReadonlyMap<number, Fate>;
    readonly start: Facts;
    readonly facts: Facts;
  },
): readonly Facts[] {
  const { undos, trigger, fates, start, facts } = from;
  let befores: readonly Facts[] = [facts];
  const settled = [...fates.keys()].sort((left, right) => left - right).map((at) => stepAt(world, at));
  for (const fact of undos.readOf(step.at)) {
    const setters = settled.filter(({ effect, blurred }) => effect.has(fact) || blurred.has(fact));
    // What holds a lock of this step when it fails began only once this one was done.
    const beside = setters.filter(
      (other) => areBeside(world, step, other) && !(other === trigger.step && shareLock(step, other)),
    );
    if (!facts.has(fact) || !setters.some((other) => areBeside(world, step, other))) continue;
    const values = [[], ...beside.map((other) => [other])].map((more) => {
      const made = new Map(start);
      for (const other of setters)
        if (world.isBefore(other.at, step.at) || more.includes(other)) make(made, other, fates.get(other.at));
      return made.get(fact) ?? { value: undefined, isSure: true };
    });
    befores = befores.flatMap((before) => values.map((value) => new Map([...before, [fact, value]])));
  }
  return befores.map((before) => new Map(before));
}

function stepAt(world: World, at: number): WorldStep {
  const step = world.steps[at];
  invariant(step !== undefined, "a place is that of a step");
  return step;
}
