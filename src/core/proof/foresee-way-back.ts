import { evaluateGuardPartial } from "../guard/evaluate-guard.ts";
import { formatGuard } from "../guard/format-guard.ts";
import { type Formula, formatText, type GuardValue } from "../guard/formula.ts";
import { conjunctsIn, factsIn, fails, parsePlanGuard } from "../guard/plan-guard.ts";
import { isCallStep } from "../plan/kinds/index.ts";
import type { Plan } from "../plan/plan.ts";
import { invariant } from "../value/invariant.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { ConjunctValues } from "./conjunct-values.ts";
import { type Course, CourseFinder, type StateBudget } from "./courses.ts";
import type { Finding } from "./finding.ts";
import { foreseenStatesMax } from "./foresee.ts";
import { anyValue, guardValues, type ValueSet } from "./value-set.ts";
import { BackSearch, type Look, type Sight, type Sighting } from "./way-back/follow.ts";
import { type Facts, launchesOf, type Trigger } from "./way-back/launches.ts";
import { type Slice, sliceOf } from "./way-back/slice.ts";
import { UndoValues } from "./way-back/undo-values.ts";
import { type DeclaredUndos, type UndoWrite, type UndoWrites, undoWritesOf } from "./way-back/undo-writes.ts";
import { valuesAt } from "./window.ts";
import type { World } from "./world.ts";

/** What a precondition may hang on that is known only on the way back: at most so many combinations are tried. */
const combinationsMax = 16;

/**
 * Follows the ways back of a plan: from every moment at which a step with `onFailure: rollback` may fail, and from
 * every ending that asks for it, through the undos in the kernel's order. It finds what is false for certain where it
 * must hold. The way forth has been followed before, and is taken to be in order.
 *
 * As there, each condition is first judged by what its facts may be, and only where that does not settle it are the
 * courses, the moments and the orders searched.
 */
export function foreseeWayBack(
  plan: Plan,
  world: World,
  declared: DeclaredUndos,
): { readonly findings: readonly Finding[]; readonly open: readonly OpenPre[] } {
  const triggers = triggersOf(plan, world);
  if (triggers.length === 0) return { findings: [], open: [] };
  const undos = undoWritesOf(plan, declared);
  // The last trigger stands before the fewest steps.
  const sent = undos.all.filter(
    ({ owner }) => triggers.findLast(({ step }) => !world.isBefore(step.at, owner)) !== undefined,
  );
  if (sent.length === 0) return { findings: [], open: [] };
  const budget = { left: foreseenStatesMax };
  const work: Work = {
    world,
    undos,
    triggers,
    budget,
    courses: new CourseFinder(world, budget),
    values: new UndoValues(world, undos),
    sentFor: writesByFact(sent),
    wrong: wrongFacts(plan, world),
  };
  const judged = sent.map((write) => ({ write, ...checkPre(work, write) }));
  const findings = [
    ...judged.flatMap(({ write, refused }) => [...refused, ...checkRestores(work, write)]),
    ...plan.invariants.flatMap(({ name, holds }) => checkInvariant(work, name, conjunctsIn(parsePlanGuard(holds)))),
  ];
  return { findings, open: judged.flatMap(({ write, doubted }) => openPreOf(work, write, doubted)) };
}

/** Parts of the precondition of a write of a way back of which nobody knows whether they hold when it is sent. */
export interface OpenPre {
  readonly write: UndoWrite;
  readonly parts: readonly string[];
}

interface Work {
  readonly world: World;
  readonly undos: UndoWrites;
  readonly triggers: readonly Trigger[];
  readonly budget: StateBudget;
  readonly courses: CourseFinder;
  readonly values: UndoValues;
  /** The same writes, by each fact that they set, show meanwhile or have to put back. */
  readonly sentFor: ReadonlyMap<string, ReadonlySet<UndoWrite>>;
  /** The facts of what an invariant asks for in vain before the plan. */
  readonly wrong: ReadonlySet<string>;
}

interface Found extends Sighting {
  readonly trigger: Trigger;
  readonly course: Course["outcomes"];
}

function triggersOf(plan: Plan, world: World): readonly Trigger[] {
  return plan.steps.flatMap((step, at): readonly Trigger[] => {
    const own = world.steps[at];
    if (own === undefined) return [];
    if (step.kind === "end") return step.world === "rollback" ? [{ step: own, isEnding: true }] : [];
    return isCallStep(step) && step.onFailure === "rollback" ? [{ step: own, isEnding: false }] : [];
  });
}

function writesByFact(writes: readonly UndoWrite[]): Work["sentFor"] {
  const byFact = new Map<string, Set<UndoWrite>>();
  for (const write of writes)
    for (const fact of [...write.during.keys(), ...write.sets.keys(), ...write.restores]) {
      const known = byFact.get(fact);
      if (known === undefined) byFact.set(fact, new Set([write]));
      else known.add(write);
    }
  return byFact;
}

function wrongFacts({ invariants }: Plan, { facts }: World): ReadonlySet<string> {
  const conjuncts = invariants.flatMap(({ holds }) => conjunctsIn(parsePlanGuard(holds)));
  return new Set(conjuncts.filter((conjunct) => fails(conjunct, (fact) => facts.get(fact))).flatMap(factsIn));
}

/** Whether the facts are as the step declares that is being undone, as far as they are followed. */
function hasDoneAll({ steps }: World, { write, facts }: Sight): boolean {
  const declared = steps[write.owner]?.effect ?? new Map<string, GuardValue>();
  return [...declared].every(([fact, value]) => !facts.has(fact) || facts.get(fact)?.value === value);
}

/** What refuses the plan, and the parts that are false if the step fails although it has done all that it declares. */
function checkPre(
  work: Work,
  write: UndoWrite,
): { readonly refused: readonly Finding[]; readonly doubted: readonly Formula[] } {
  const found: Found[] = [];
  const limited: Formula[] = [];
  const doubted: Formula[] = [];
  for (const before of combinationsOf(work.world, write)) {
    for (const conjunct of write.pre(before) ?? []) {
      // The way back of a repair leads to what was wrong before.
      const isRepair = [...factsIn(conjunct), ...write.takes].some((fact) => work.wrong.has(fact));
      if (isRepair || !mayFail(work, write, conjunct)) continue;
      const look =
        (isSure: boolean): Look =>
        (sight) => {
          if (sight.write !== write || sight.phase !== "before") return null;
          const isMeant = [...before].every(([fact, value]) => sight.before.get(fact)?.value === value);
          if (!isMeant || !(isSure || hasDoneAll(work.world, sight))) return null;
          return isFalse(conjunct, sight.facts, { isSure }) ? conjunct : null;
        };
      const facts = [...factsIn(conjunct), ...write.takes, ...write.restores];
      const slice = sliceOf(work.world, work.undos, facts);
      const judged = search(work, slice, look(true));
      if (judged === "limit") limited.push(conjunct);
      else if (judged !== null) found.push(judged);
      else if (search(work, slice, look(false)) !== null) doubted.push(conjunct);
    }
  }
  const refused = [
    ...findingOf(work, "E_EFFECT_UNDO_PRE", "", found),
    ...limitOf(work, write, { conjuncts: limited, name: "" }),
  ];
  return { refused, doubted };
}

function mayFail({ values }: Work, write: UndoWrite, conjunct: Formula): boolean {
  return guardValues(conjunct, values.at(write, "before")).values.has(false);
}

function checkRestores(work: Work, write: UndoWrite): readonly Finding[] {
  const doubtful = write.restores.filter((fact) => !isPutBack(work, write, fact));
  if (doubtful.length === 0) return [];
  const look: Look = (sight) => {
    if (sight.write !== write || sight.phase !== "after") return null;
    for (const fact of doubtful) {
      const [now, then] = [sight.facts.get(fact)?.value, sight.before.get(fact)?.value];
      if (now !== undefined && then !== undefined && now !== then) return equality(fact, then);
    }
    return null;
  };
  const judged = search(work, sliceOf(work.world, work.undos, write.restores), look);
  if (judged === null) return [];
  if (judged !== "limit") return findingOf(work, "E_EFFECT_UNDO_RESTORES", "", [judged]);
  const conjuncts = doubtful.map((fact) => parsePlanGuard(`${fact} == ${fact}`)).filter((formula) => formula !== null);
  return limitOf(work, write, { conjuncts, name: "" });
}

/** Whether a write is certain to put a fact back to what it was before the step. */
function isPutBack({ world, values }: Work, write: UndoWrite, fact: string): boolean {
  const owner = world.steps[write.owner];
  if (owner === undefined) return true;
  const before = valuesAt(world, owner, "before");
  const to = write.sets.get(fact);
  if (to?.kind === "unknown" || (to?.kind === "before" && to.fact === fact)) return true;
  // What the write does not set is as the step, or an undo before, has left it.
  const now =
    to?.kind === "value" ? to.value : onlyOf(to === undefined ? values.at(write, "after")(fact) : before(to.fact));
  return now !== undefined && [...before(fact).values].every((value) => value === now);
}

function onlyOf({ values, isOpen }: ValueSet): GuardValue | undefined {
  return values.size === 1 && !isOpen ? [...values][0] : undefined;
}

function checkInvariant(work: Work, name: string, conjuncts: readonly Formula[]): readonly Finding[] {
  const { world } = work;
  const found: Found[] = [];
  const limited: Formula[] = [];
  for (const conjunct of conjuncts) {
    // No invariant that was false before the plan holds up its way back.
    if (fails(conjunct, (fact) => world.facts.get(fact)) || !mayBreak(work, conjunct)) continue;
    const look: Look = ({ phase, facts }) =>
      phase !== "before" && isFalse(conjunct, facts, { isSure: false }) ? conjunct : null;
    const judged = search(work, sliceOf(world, work.undos, factsIn(conjunct)), look);
    if (judged === "limit") limited.push(conjunct);
    else if (judged !== null) found.push(judged);
  }
  return [
    ...findingOf(work, "E_EFFECT_UNDO_INVARIANT", name, found),
    ...limitOf(work, null, { conjuncts: limited, name }),
  ];
}

/** Whether a moment of a way back may break a conjunct that no moment of the way forth breaks. */
function mayBreak({ world, sentFor, values }: Work, conjunct: Formula): boolean {
  const facts = factsIn(conjunct);
  const sent = new Set(facts.flatMap((fact) => [...(sentFor.get(fact) ?? [])]));
  if (sent.size === 0) return false;
  const hasTrace = values.hasTrace(facts);
  const known = new ConjunctValues(world, conjunct);
  return [...sent].some((write) => {
    const isChanging = facts.some((fact) => write.during.has(fact));
    if (isChanging && values.judge(known, write, "during").values.has(false)) return true;
    const isMoving = hasTrace && facts.some((fact) => write.sets.has(fact) || write.restores.includes(fact));
    return isMoving && values.judge(known, write, "after").values.has(false);
  });
}

function search(work: Work, slice: Slice, look: Look): Found | "limit" | null {
  const { world, budget, courses } = work;
  for (const trigger of distinct(work, slice)) {
    const ran = courses.coursesOf([...slice.steps, trigger.step.at]);
    if (ran === undefined) return "limit";
    const back = new BackSearch(work, { slice, trigger });
    for (const course of ran) {
      if (course.fates.get(trigger.step.at) === "skipped") continue;
      const launches = launchesOf(world, { slice, undos: work.undos, trigger, course, budget });
      if (launches === undefined) return "limit";
      for (const launch of launches) {
        const sighting = back.follow(launch, look);
        if (sighting !== null) return { ...sighting, trigger, course: course.outcomes };
        if (!back.isComplete) return "limit";
      }
    }
  }
  return null;
}

/** The triggers that differ in what they find done. Members of a fleet mostly do not. */
function distinct({ world, triggers, undos }: Work, slice: Slice): readonly Trigger[] {
  const byKey = new Map<string, Trigger>();
  for (const trigger of triggers) {
    const { step } = trigger;
    const before = slice.steps.filter((at) => world.isBefore(at, step.at));
    const behind = slice.steps.filter((at) => world.isBefore(step.at, at));
    const own = slice.steps.includes(step.at) ? step.at : null;
    const stops = undos.blockers.filter((at) => world.isCertain(at, step.at));
    const key = JSON.stringify([before, behind, own, stops, step.after, step.when, trigger.isEnding]);
    if (!byKey.has(key)) byKey.set(key, trigger);
  }
  return [...byKey.values()];
}

/**
 * The parts of a precondition that no value of before settles, because a fact is not known when the undo is sent, or
 * because it is false where the step has failed and yet done all that it declares.
 */
function openPreOf({ world, values }: Work, write: UndoWrite, doubted: readonly Formula[]): readonly OpenPre[] {
  const valuesOf = values.at(write, "before");
  // Each wait and each question may find a measurement changed, also one that comes after the step.
  const now = (fact: string): ValueSet =>
    world.measured.has(fact) && world.pauses.length > 0 ? anyValue : valuesOf(fact);
  const open = combinationsOf(world, write).flatMap((before) =>
    (write.pre(before) ?? []).filter((conjunct) => guardValues(conjunct, now).isOpen),
  );
  const parts = sortedUnique([...open, ...doubted].map(formatGuard));
  return parts.length === 0 ? [] : [{ write, parts }];
}

/** The values of before that a precondition may meet; none where they are not known. */
function combinationsOf(world: World, { owner, takes }: UndoWrite): readonly ReadonlyMap<string, GuardValue>[] {
  const step = world.steps[owner];
  if (step === undefined) return [];
  const valuesOf = valuesAt(world, step, "before");
  let combinations: readonly ReadonlyMap<string, GuardValue>[] = [new Map()];
  for (const fact of takes) {
    const { values } = valuesOf(fact);
    combinations = combinations.flatMap((known) => [...values].map((value) => new Map([...known, [fact, value]])));
    if (combinations.length > combinationsMax) return [];
  }
  return combinations;
}

/** @param isSure - whether a fact that a failed step may have left otherwise counts as not known */
function isFalse(conjunct: Formula, facts: Facts, { isSure }: { readonly isSure: boolean }): boolean {
  const value = evaluateGuardPartial({ formula: conjunct, reads: [] }, (fact) => {
    const known = facts.get(fact);
    return isSure && known?.isSure === false ? undefined : known?.value;
  });
  return value === false;
}

function equality(fact: string, value: GuardValue): Formula {
  const formula = parsePlanGuard(`${fact} == ${typeof value === "string" ? formatText(value) : String(value)}`);
  invariant(formula !== null, "a comparison is a guard");
  return formula;
}

function findingOf({ world }: Work, code: Finding["code"], name: string, found: readonly Found[]): readonly Finding[] {
  const [first] = found;
  const owner = first === undefined ? undefined : world.steps[first.sight.write.owner];
  if (first === undefined || owner === undefined) return [];
  const { conjunct, sight, trigger, course, isTouched, undone } = first;
  const { action, isThenRun } = sight.write;
  const facts = new Map(sortedUnique(factsIn(conjunct)).map((fact) => [fact, sight.facts.get(fact)?.value]));
  return [
    {
      code,
      step: owner,
      name,
      conjunct,
      moreCount: found.length - 1,
      moment: { facts, last: owner, phase: "after", running: [], done: [], isInOrder: true },
      course,
      other: null,
      back: {
        trigger: trigger.step,
        isEnding: trigger.isEnding,
        isTouched,
        action,
        isThenRun,
        phase: sight.phase,
        undone,
      },
    },
  ];
}

function limitOf(
  { world }: Work,
  write: UndoWrite | null,
  { conjuncts, name }: { readonly conjuncts: readonly Formula[]; readonly name: string },
): readonly Finding[] {
  const [conjunct] = conjuncts;
  if (conjunct === undefined) return [];
  const step = write === null ? null : (world.steps[write.owner] ?? null);
  const moreCount = conjuncts.length - 1;
  return [
    { code: "E_EFFECT_LIMIT", step, name, conjunct, moreCount, moment: null, course: [], other: null, back: null },
  ];
}
