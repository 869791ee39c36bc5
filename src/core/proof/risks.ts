import type { GuardValue } from "../guard/formula.ts";
import { conjunctsIn, factsIn, parsePlanGuard } from "../guard/plan-guard.ts";
import type { Plan } from "../plan/plan.ts";
import { quote } from "../value/text.ts";
import { counted } from "../value/units.ts";
import { type Course, CourseFinder } from "./courses.ts";
import type { World, WorldStep } from "./world.ts";

/**
 * Something that a plan may do, and that a person should know before approving it. A code is never renamed.
 *
 * - `overwritten_write`: a later step of the same course always sets what the write sets, and nothing between needs it.
 * - `returns_to_state`: the plan's own writes lead back to a state that it was in before, with no look in between.
 * - `no_invariants`: the plan writes, and its domain does not say what must always hold.
 * - `unasked_change`: the plan writes, and no goal asks for what it leaves behind.
 */
export interface Risk {
  readonly code: "overwritten_write" | "returns_to_state" | "no_invariants" | "unasked_change";
  /** The steps it is about, in the order of the plan; empty where it is about the plan. */
  readonly steps: readonly string[];
  readonly text: string;
}

/** Courses that are looked at. A plan with more of them is told what holds of the first. */
const coursesMax = 64;

const namesMax = 3;

/** The risks of a plan that its declared effects show. */
export function findRisks(plan: Plan, world: World): readonly Risk[] {
  const writes = world.steps.filter(({ isWrite }) => isWrite);
  if (writes.length === 0) return [];
  const finder = new CourseFinder(world, { left: 20_000 });
  const found = finder.coursesOf(
    world.steps.filter(({ kind }) => kind !== "end" && kind !== "escalate").map(({ at }) => at),
  );
  const courses = (found ?? []).slice(0, coursesMax).map((course) => ranOn(world, course));
  return [
    ...overwrittenWrites(plan, world, courses),
    ...returns(world, courses),
    ...(plan.invariants.length > 0 ? [] : [noInvariants]),
    ...(plan.goal === "" ? unaskedChange(world, courses) : []),
  ];
}

const noInvariants: Risk = {
  code: "no_invariants",
  steps: [],
  text: "the domain declares no invariants: nothing says what must not happen on the way",
};

type Ran = readonly WorldStep[];

function ranOn({ steps }: World, { fates }: Course): Ran {
  return steps.filter(({ at }) => fates.get(at) === "done");
}

/** Whether something may happen here that the effects of the plan do not show, or somebody looks and decides. */
function isLook({ measured }: World, step: WorldStep): boolean {
  return !step.isWrite || step.effect.size === 0 || [...step.blurred].some((fact) => !measured.has(fact));
}

function overwrittenWrites(plan: Plan, world: World, courses: readonly Ran[]): readonly Risk[] {
  const read = plan.invariants.flatMap(({ holds }) =>
    conjunctsIn(parsePlanGuard(holds)).map((conjunct) => new Set(factsIn(conjunct))),
  );
  const judged = new Map<number, boolean>();
  for (const ran of courses)
    for (const [place, step] of ran.entries()) {
      if (isLook(world, step) || judged.get(step.at) === false) continue;
      judged.set(step.at, isOverwritten(world, ran, { place, step, read }));
    }
  const steps = world.steps.filter(({ at }) => judged.get(at) === true).map(({ id }) => id);
  if (steps.length === 0) return [];
  const verb = steps.length === 1 ? "is" : "are";
  const what = `${counted(steps.length, "write")} ${verb} overwritten by a later step, and nothing between needs them`;
  return [{ code: "overwritten_write", steps, text: `${what}: ${named(steps)}` }];
}

function isOverwritten(
  world: World,
  ran: Ran,
  from: { readonly place: number; readonly step: WorldStep; readonly read: readonly ReadonlySet<string>[] },
): boolean {
  const { place, step, read } = from;
  const open = new Set(step.effect.keys());
  const needs = (other: WorldStep): boolean =>
    isLook(world, other) ||
    other.pre.some((conjunct) => factsIn(conjunct).some((fact) => open.has(fact))) ||
    read.some(
      (facts) => [...open].some((fact) => facts.has(fact)) && [...other.effect.keys()].some((fact) => facts.has(fact)),
    );
  for (const later of ran.slice(place + 1)) {
    const isNext = [...later.effect.keys()].some((fact) => open.has(fact)) && world.isBefore(step.at, later.at);
    if (!isNext) {
      if (needs(later)) return false;
      continue;
    }
    for (const fact of later.effect.keys()) open.delete(fact);
    if (open.size === 0) return true;
  }
  return false;
}

/** Goes along each course and looks back, as far as nobody looked, for the state that it is in now. */
function returns(world: World, courses: readonly Ran[]): readonly Risk[] {
  for (const ran of courses) {
    const found = findReturn(world, ran);
    if (found === null) continue;
    const { first, last } = found;
    const text = `after ${quote(last.id)} every fact that the plan sets is as it was before ${quote(first.id)}`;
    return [{ code: "returns_to_state", steps: [first.id, last.id], text }];
  }
  return [];
}

function findReturn(world: World, ran: Ran): { readonly first: WorldStep; readonly last: WorldStep } | null {
  const facts = new Map(world.facts);
  let done: { readonly step: WorldStep; readonly before: ReadonlyMap<string, GuardValue | undefined> }[] = [];
  const left = new Set<string>();
  for (const step of ran) {
    if (isLook(world, step)) {
      done = [];
      continue;
    }
    done.push({ step, before: new Map([...step.effect.keys()].map((fact) => [fact, facts.get(fact)])) });
    for (const [fact, value] of step.effect) {
      left.add(`${fact} ${String(facts.get(fact))}`);
      facts.set(fact, value);
    }
    // Only a value that a fact has had before can lead back. Looking back at every step would be quadratic.
    if (![...step.effect].some(([fact, value]) => left.has(`${fact} ${String(value)}`))) continue;
    const differing = new Set<string>();
    for (const [steps, { step: first, before }] of done.toReversed().entries()) {
      for (const [fact, value] of before)
        if (value === facts.get(fact)) differing.delete(fact);
        else differing.add(fact);
      // One write that changes nothing is no way back to anywhere.
      if (differing.size === 0 && steps > 0) return { first, last: step };
    }
  }
  return null;
}

function unaskedChange(world: World, courses: readonly Ran[]): readonly Risk[] {
  const changes = new Set<string>();
  for (const ran of courses) {
    const last = new Map(ran.flatMap(({ effect }) => [...effect]));
    for (const [fact, value] of last) {
      const before = world.facts.get(fact);
      if (before !== value)
        changes.add(`${fact} ${before === undefined ? "unknown" : String(before)} → ${String(value)}`);
    }
  }
  if (changes.size === 0) return [];
  const text = `no goal asks for what the plan leaves behind: ${named([...changes])}`;
  return [{ code: "unasked_change", steps: [], text }];
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).join(", ");
  return names.length > namesMax ? `${shown} and ${names.length - namesMax} more` : shown;
}
