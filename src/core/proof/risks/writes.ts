import type { GuardValue } from "../../guard/formula.ts";
import { conjunctsIn, factsIn, parsePlanGuard } from "../../guard/plan-guard.ts";
import type { Plan } from "../../plan/plan.ts";
import { limits } from "../../value/limits.ts";
import { quote } from "../../value/text.ts";
import { counted } from "../../value/units.ts";
import type { World, WorldStep } from "../world.ts";
import { mayShowMore, named, type Ran, type Risk } from "./risk.ts";

/** Writes that a later step of the same course always overwrites, although nothing between needs them. */
export function overwrittenWrites(plan: Plan, world: World, courses: readonly Ran[]): readonly Risk[] {
  const read = plan.invariants.flatMap(({ holds }) =>
    conjunctsIn(parsePlanGuard(holds)).map((conjunct) => new Set(factsIn(conjunct))),
  );
  const judged = new Map<number, boolean>();
  for (const ran of courses)
    for (const [place, step] of ran.entries()) {
      if (mayShowMore(world, step) || judged.get(step.at) === false) continue;
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
  // Most facts have one writer. Without another one there is nothing to go along the course for.
  const isLast = (fact: string): boolean => (world.writersOf.get(fact) ?? []).every((at) => at <= step.at);
  if (step.effect.size === 0 || [...step.effect.keys()].some(isLast)) return false;
  const open = new Set(step.effect.keys());
  const needs = (other: WorldStep): boolean =>
    mayShowMore(world, other) ||
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
export function returns(world: World, courses: readonly Ran[]): readonly Risk[] {
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
    if (mayShowMore(world, step)) {
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

/** What a plan without a goal leaves changed. */
export function unaskedChange(world: World, courses: readonly Ran[]): readonly Risk[] {
  const changes = new Set<string>();
  for (const ran of courses) {
    const last = new Map(ran.flatMap(({ effect }) => [...effect]));
    for (const [fact, value] of last) {
      const before = world.facts.get(fact);
      if (before !== value)
        changes.add(`${fact} ${before === undefined ? "unknown" : brief(before)} → ${brief(value)}`);
    }
  }
  if (changes.size === 0) return [];
  const text = `no goal asks for what the plan leaves behind: ${named([...changes])}`;
  return [{ code: "unasked_change", steps: [], text }];
}

/** A text may be long, and the risk names it for people. */
function brief(value: GuardValue): string {
  const text = String(value);
  return text.length > limits.quoteCharsMax ? `${text.slice(0, limits.quoteCharsMax).toWellFormed()}…` : text;
}
