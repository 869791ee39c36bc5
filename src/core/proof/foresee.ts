import { evaluateGuardPartial } from "../guard/evaluate-guard.ts";
import type { Formula, GuardValue } from "../guard/formula.ts";
import { conjunctsIn, factsIn, fails, holds, parsePlanGuard } from "../guard/plan-guard.ts";
import type { Plan } from "../plan/plan.ts";
import { invariant } from "../value/invariant.ts";
import { sortedUnique } from "../value/sorted-unique.ts";
import { ConjunctValues } from "./conjunct-values.ts";
import { type Course, CourseFinder, type StateBudget } from "./courses.ts";
import type { Finding, Undecided } from "./finding.ts";
import { type Looked, look, type Moment, type Mover } from "./interleave.ts";
import { guardValues } from "./value-set.ts";
import { knownAt, shareLock, valuesAt } from "./window.ts";
import { contradicts, type DeclaredPost, type World, type WorldStep, worldOf } from "./world.ts";

/** What following a plan shows. */
export interface Foresight {
  readonly world: World;
  readonly findings: readonly Finding[];
  readonly undecided: readonly Undecided[];
  /** Invariants that do not hold before the plan, which each ending with the goal makes true. */
  readonly restored: readonly string[];
  readonly stateCount: number;
}

/** The search gives up beyond this many states, which take a second or two. */
export const foreseenStatesMax = 30_000;

/**
 * Follows a plan's declared effects from the facts it was pinned with, along every course and in every order that its
 * steps may take, and finds what is false for certain where it must hold.
 *
 * Each conjunct is looked at by itself. First it is judged by what each of its facts may be at each moment
 * (`valuesAt`), which names too much and leaves nothing out. Only where that does not settle it are the courses and the
 * orders of the steps that set one of its facts searched, one by one.
 */
export function foreseePlan(plan: Plan, declaredPost?: DeclaredPost): Foresight {
  const world = worldOf(plan, declaredPost);
  const budget = { left: foreseenStatesMax };
  const work: Work = { world, budget, courses: new CourseFinder(world, budget), undecided: [] };
  const steps = world.steps.flatMap((step) => [...checkPre(work, step), ...checkExpect(work, step)]);
  const invariants = plan.invariants.map(({ name, holds }) =>
    checkInvariant(work, name, conjunctsIn(parsePlanGuard(holds))),
  );
  return {
    world,
    findings: [
      ...steps,
      ...invariants.flatMap(({ findings }) => findings),
      ...checkGoal(work, conjunctsIn(parsePlanGuard(plan.goal))),
    ],
    undecided: work.undecided,
    restored: invariants.flatMap(({ isRestored, name }) => (isRestored ? [name] : [])),
    stateCount: foreseenStatesMax - budget.left,
  };
}

interface Work {
  readonly world: World;
  readonly budget: StateBudget;
  readonly courses: CourseFinder;
  readonly undecided: Undecided[];
}

/** A conjunct that is false somewhere. */
interface Broken {
  readonly conjunct: Formula;
  readonly moment: Moment | null;
  readonly course: Course["outcomes"];
}

type Judged = "holds" | "open" | "limit" | Broken;

function checkPre(work: Work, step: WorldStep): readonly Finding[] {
  const { world } = work;
  const broken: Broken[] = [];
  const open: Formula[] = [];
  const limited: Formula[] = [];
  for (const conjunct of step.pre) {
    const found = guardValues(conjunct, valuesAt(world, step, "before"));
    if (!found.values.has(false)) {
      if (found.isOpen) open.push(conjunct);
      continue;
    }
    const judged = searchPre(work, step, conjunct);
    if (judged === "open") open.push(conjunct);
    else if (judged === "limit") limited.push(conjunct);
    else if (judged !== "holds") broken.push(judged);
  }
  if (open.length > 0) noteOpen(work, "pre", step.id, open);
  return [
    ...merged(broken, (first) => {
      const other = otherBefore(world, step, first);
      return { code: other === null ? "E_EFFECT_PRE" : "E_EFFECT_SIDE_BY_SIDE", step, name: "", other };
    }),
    ...limitFinding(limited, step, ""),
  ];
}

function searchPre(work: Work, step: WorldStep, conjunct: Formula): Judged {
  const writers = writersOf(work.world, conjunct);
  const courses = work.courses.coursesOf([...writers, step.at]);
  if (courses === undefined) return "limit";
  const ran = courses.filter(({ fates }) => fates.get(step.at) !== "skipped");
  return searchCourses(work, ran, { conjunct, writers, at: step });
}

function checkExpect(work: Work, step: WorldStep): readonly Finding[] {
  const { world } = work;
  const valueOf = valuesAt(world, step, "after");
  const broken = step.expect.flatMap(({ formula, isAsked }): readonly Broken[] => {
    if (contradicts(formula, step.effect)) return [{ conjunct: formula, moment: null, course: [] }];
    if (!isAsked) return [];
    const { values, isOpen } = guardValues(formula, valueOf);
    if (isOpen || values.has(true)) return [];
    return [{ conjunct: formula, moment: settledAfter(world, step, formula), course: [] }];
  });
  const findings = merged(broken, () => ({ code: "E_EFFECT_EXPECT", step, name: "", other: null }));
  return findings.length > 0 ? findings : checkExpectBeside(work, step);
}

/** The world once a step is done, as far as the facts of a condition are settled by then. */
function settledAfter(world: World, step: WorldStep, conjunct: Formula): Moment {
  const valueOf = valuesAt(world, step, "after");
  const facts = new Map(
    factsIn(conjunct).map((fact) => {
      const { values, isOpen } = valueOf(fact);
      const [only, ...others] = values;
      return [fact, isOpen || others.length > 0 ? undefined : only] as const;
    }),
  );
  const done = world.steps.filter(({ at }) => world.isBefore(at, step.at));
  return { facts, last: null, phase: "after", running: [], done, isInOrder: true };
}

/**
 * An expectation that a step in no order with this one makes false for good if it comes first: reading back would go on
 * until its time is over, and then the step would have failed.
 */
function checkExpectBeside(work: Work, step: WorldStep): readonly Finding[] {
  const { world } = work;
  const valueOf = valuesAt(world, step, "after");
  const asked = step.expect.filter(
    ({ formula, isAsked }) => isAsked && guardValues(formula, valueOf).values.has(false),
  );
  const broken = asked.flatMap(({ formula }) => searchExpect(work, step, formula) ?? []);
  return merged(broken, ({ moment }) => {
    const other = moment?.done.findLast((done) => areSideBySide(world, step, done)) ?? null;
    return { code: "E_EFFECT_EXPECT", step, name: "", other };
  });
}

function searchExpect(work: Work, step: WorldStep, conjunct: Formula): Broken | null {
  const { world } = work;
  const writers = writersOf(world, conjunct).filter((at) => !world.isBefore(step.at, at));
  const courses = work.courses.coursesOf([...writers, step.at]) ?? [];
  for (const { fates, outcomes } of courses) {
    if (fates.get(step.at) !== "done") continue;
    for (const movers of worldsOf(world, { fates, writers, areOpen: true }) ?? []) {
      // A step that shares a lock comes before this one, or waits until it is done.
      const unlocked = movers.filter(
        ({ step: other }) => !areSideBySide(world, step, other) || !shareLock(step, other),
      );
      for (const moved of [movers, unlocked]) {
        const final = finalOf(world, step, { conjuncts: [conjunct], movers: moved, outcomes });
        if (final.value === false) return final;
      }
    }
  }
  return null;
}

function checkInvariant(
  work: Work,
  name: string,
  conjuncts: readonly Formula[],
): { readonly name: string; readonly findings: readonly Finding[]; readonly isRestored: boolean } {
  const { world } = work;
  const brokenBy = new Map<string, Broken[]>();
  const left: Broken[] = [];
  const open: Formula[] = [];
  const limited: Formula[] = [];
  let isFalseBefore = false;
  if (!world.steps.some(({ isWrite }) => isWrite)) return { name, findings: [], isRestored: false };
  for (const conjunct of conjuncts) {
    const judged = judgeInvariant(work, conjunct);
    if (judged === "open") open.push(conjunct);
    else if (judged === "limit") limited.push(conjunct);
    else if (judged !== "holds") {
      const by = judged.moment?.last?.id ?? "";
      brokenBy.set(by, [...(brokenBy.get(by) ?? []), judged]);
    }
    if (!fails(conjunct, (fact) => world.facts.get(fact))) continue;
    isFalseBefore = true;
    const ending = searchEndings(work, conjunct);
    if (ending === "limit") limited.push(conjunct);
    else if (ending === "open") open.push(conjunct);
    else if (typeof ending === "object") left.push(ending);
  }
  if (open.length > 0) noteOpen(work, "invariant", name, open);
  const findings = [
    ...[...brokenBy.values()].flatMap((broken) =>
      merged(broken, (first) => {
        const [step, other] = [first.moment?.last ?? null, otherBeside(world, first)];
        return { code: other === null ? "E_EFFECT_INVARIANT" : "E_EFFECT_SIDE_BY_SIDE", step, name, other };
      }),
    ),
    ...merged(left, () => ({ code: "E_EFFECT_NOT_RESTORED", step: null, name, other: null })),
    ...limitFinding(limited, null, name),
  ];
  return { name, findings, isRestored: isFalseBefore && findings.length + open.length === 0 };
}

function judgeInvariant(work: Work, conjunct: Formula): Judged {
  const { world } = work;
  const isFalseBefore = fails(conjunct, (fact) => world.facts.get(fact));
  const writers = writersOf(world, conjunct);
  const facts = factsIn(conjunct);
  const values = new ConjunctValues(world, conjunct);
  const found = writers.flatMap((at) => {
    const step = world.steps[at];
    if (step === undefined) return [];
    // A step that sets none of the facts meanwhile leaves them as another step left them, which is looked at there.
    const isChanging = facts.some((fact) => step.during.has(fact));
    return [...(isChanging ? [values.at(step, "during")] : []), values.at(step, "after")];
  });
  if (writers.length === 0)
    return factsIn(conjunct).some((fact) => !world.facts.has(fact)) && !isFalseBefore && !holdsNow(world, conjunct)
      ? "open"
      : "holds";
  if (!found.some(({ values }) => values.has(false))) return found.some(({ isOpen }) => isOpen) ? "open" : "holds";
  const courses = work.courses.coursesOf(writers);
  return courses === undefined ? "limit" : searchCourses(work, courses, { conjunct, writers, at: null });
}

function holdsNow({ facts }: World, conjunct: Formula): boolean {
  const { values, isOpen } = guardValues(conjunct, (fact) => {
    const value = facts.get(fact);
    return { values: new Set(value === undefined ? [] : [value]), isOpen: value === undefined };
  });
  return !isOpen && !values.has(false);
}

function searchCourses(
  work: Work,
  courses: readonly Course[],
  from: { readonly conjunct: Formula; readonly writers: readonly number[]; readonly at: WorldStep | null },
): Judged {
  const { world, budget } = work;
  const { conjunct, writers, at } = from;
  let isOpen = false;
  for (const { fates, outcomes } of courses) {
    const ways = worldsOf(world, { fates, writers, areOpen: at !== null });
    if (ways === undefined) return "limit";
    for (const movers of ways) {
      const looked: Looked = look({ world, conjunct, movers, at }, budget);
      if (looked.broken !== null) return { conjunct, moment: looked.broken, course: outcomes };
      if (!looked.isComplete) return "limit";
      isOpen ||= looked.isOpen;
    }
  }
  return isOpen ? "open" : "holds";
}

/** How many failed steps of a course are tried both ways. With more of them it is not decided. */
const failuresMax = 6;

/**
 * The ways one course can have gone. A step that failed may have changed nothing, or everything. For a precondition
 * and the goal that leaves its facts open; for an invariant both are tried.
 *
 * @returns `undefined` if too many steps failed to try both for each
 */
function worldsOf(
  world: World,
  from: { readonly fates: Course["fates"]; readonly writers: readonly number[]; readonly areOpen: boolean },
): readonly (readonly Mover[])[] | undefined {
  const { fates, writers, areOpen } = from;
  const ran = writers.flatMap((at) => {
    const step = world.steps[at];
    return step === undefined || fates.get(at) === "skipped" ? [] : [{ step, hasFailed: fates.get(at) === "failed" }];
  });
  const failed = ran.filter(({ hasFailed }) => hasFailed);
  if (areOpen) return [ran.map(({ step, hasFailed }) => ({ step, isLost: hasFailed }))];
  if (failed.length > failuresMax) return undefined;
  return Array.from({ length: 2 ** failed.length }, (_, choice) =>
    ran.flatMap(({ step, hasFailed }) => {
      const place = failed.findIndex((other) => other.step === step);
      return hasFailed && ((choice >>> place) & 1) === 0 ? [] : [{ step, isLost: false }];
    }),
  );
}

/** A conjunct that an ending with the goal leaves false, on some course. */
function searchEndings(work: Work, conjunct: Formula): Judged {
  let isOpen = false;
  for (const step of work.world.steps.filter(({ kind }) => kind === "end")) {
    const finals = finalValues(work, step, { conjuncts: [conjunct], areOpen: false });
    if (finals === undefined) return "limit";
    const broken = finals.find(({ value }) => value === false);
    if (broken !== undefined) return { conjunct, moment: broken.moment, course: broken.course };
    isOpen ||= finals.some(({ value }) => value === undefined);
  }
  return isOpen ? "open" : "holds";
}

function checkGoal(work: Work, conjuncts: readonly Formula[]): readonly Finding[] {
  const ends = work.world.steps.filter(({ kind }) => kind === "end");
  if (conjuncts.length === 0 || ends.length === 0) return [];
  const broken: Broken[] = [];
  for (const step of ends) {
    const finals = finalValues(work, step, { conjuncts, areOpen: true });
    // Reaching the goal is not a matter of safety: it is read back before the run may succeed.
    if (finals === undefined || finals.some(({ value }) => value !== false)) return [];
    broken.push(...finals.map(({ conjunct, moment, course }) => ({ conjunct, moment, course })));
  }
  return merged(broken.slice(0, 1), () => ({ code: "E_EFFECT_GOAL", step: null, name: "", other: null }));
}

interface Final {
  readonly value: boolean | undefined;
  readonly conjunct: Formula;
  readonly moment: Moment;
  readonly course: Course["outcomes"];
}

/** What some conjuncts are together once a course has reached this ending; the first false one is named. */
function finalValues(
  work: Work,
  end: WorldStep,
  { conjuncts, areOpen }: { readonly conjuncts: readonly Formula[]; readonly areOpen: boolean },
): readonly Final[] | undefined {
  const { world } = work;
  const writers = inOrder(conjuncts.flatMap((conjunct) => writersOf(world, conjunct)));
  const courses = work.courses.coursesOf([...writers, end.at]);
  if (courses === undefined) return undefined;
  const finals: Final[] = [];
  for (const { fates, outcomes } of courses) {
    if (fates.get(end.at) === "skipped") continue;
    const ways = worldsOf(world, { fates, writers, areOpen });
    if (ways === undefined) return undefined;
    finals.push(...ways.map((movers) => finalOf(world, end, { conjuncts, movers, outcomes })));
  }
  return finals;
}

function finalOf(
  world: World,
  end: WorldStep,
  from: {
    readonly conjuncts: readonly Formula[];
    readonly movers: readonly Mover[];
    readonly outcomes: Course["outcomes"];
  },
): Final {
  const facts = new Map<string, GuardValue | undefined>();
  const done: WorldStep[] = [];
  const lookup = (fact: string): GuardValue | undefined =>
    facts.has(fact) ? facts.get(fact) : knownAt(world, end.at, fact);
  for (const { step, isLost } of from.movers) {
    for (const [fact, value] of step.effect) facts.set(fact, isLost && lookup(fact) !== value ? undefined : value);
    for (const fact of step.blurred) facts.set(fact, undefined);
    done.push(step);
  }
  const values = from.conjuncts.map((conjunct) => evaluateGuardPartial({ formula: conjunct, reads: [] }, lookup));
  const first = values.indexOf(false);
  const [any] = from.conjuncts;
  const conjunct = from.conjuncts[first] ?? any;
  invariant(conjunct !== undefined, "there is a conjunct to look at");
  const known = new Map(factsIn(conjunct).map((fact) => [fact, lookup(fact)]));
  const moment: Moment = { facts: known, last: end, phase: "after", running: [], done, isInOrder: true };
  const value = first >= 0 ? false : values.every((each) => each === true) ? true : undefined;
  return { value, conjunct, moment, course: from.outcomes };
}

function writersOf(world: World, conjunct: Formula): readonly number[] {
  return inOrder(factsIn(conjunct).flatMap((fact) => world.writersOf.get(fact) ?? []));
}

function inOrder(places: readonly number[]): readonly number[] {
  return [...new Set(places)].sort((left, right) => left - right);
}

/** Findings about one guard are one finding: the first names what is false, and says how many more are. */
function merged(
  broken: readonly Broken[],
  toFinding: (first: Broken) => Pick<Finding, "code" | "step" | "name" | "other">,
): readonly Finding[] {
  const [first] = broken;
  return first === undefined ? [] : [{ ...first, ...toFinding(first), moreCount: broken.length - 1, back: null }];
}

function limitFinding(conjuncts: readonly Formula[], step: WorldStep | null, name: string): readonly Finding[] {
  const limited = conjuncts.map((conjunct) => ({ conjunct, moment: null, course: [] }));
  return merged(limited, () => ({ code: "E_EFFECT_LIMIT", step, name, other: null }));
}

function areSideBySide(world: World, one: WorldStep, other: WorldStep): boolean {
  return one.at !== other.at && !world.isBefore(one.at, other.at) && !world.isBefore(other.at, one.at);
}

/** The step in no order with this one that has made its precondition false, or that would have made it true. */
function otherBefore(world: World, step: WorldStep, { conjunct, moment }: Broken): WorldStep | null {
  if (moment === null) return null;
  const moved = [...moment.running, ...moment.done].filter((other) => areSideBySide(world, step, other));
  return moved.at(-1) ?? fixersOf(world, conjunct, moment).find((other) => areSideBySide(world, step, other)) ?? null;
}

/** The step without which the last one would not have broken the invariant; `null` if it breaks it by itself. */
function otherBeside(world: World, { conjunct, moment }: Broken): WorldStep | null {
  const last = moment?.last ?? null;
  if (moment === null || last === null || moment.isInOrder) return null;
  const beside = (steps: readonly WorldStep[]): WorldStep | undefined =>
    steps.findLast((other) => areSideBySide(world, last, other));
  return beside(moment.running) ?? beside(moment.done) ?? beside(fixersOf(world, conjunct, moment)) ?? null;
}

/** Steps that have not run at this moment and would make the condition true. */
export function fixersOf(world: World, conjunct: Formula, moment: Moment): readonly WorldStep[] {
  return writersOf(world, conjunct).flatMap((at) => {
    const step = world.steps[at];
    if (step === undefined || moment.done.includes(step) || step === moment.last) return [];
    const isTrue = holds(conjunct, (fact) => step.effect.get(fact) ?? moment.facts.get(fact));
    return isTrue ? [step] : [];
  });
}

function noteOpen(work: Work, kind: Undecided["kind"], name: string, conjuncts: readonly Formula[]): void {
  work.undecided.push({ kind, name, unknown: unknownIn(work.world, conjuncts) });
}

/** The facts of some conditions that are not known, and why. */
export function unknownIn(world: World, conjuncts: readonly Formula[]): Undecided["unknown"] {
  const facts = sortedUnique(conjuncts.flatMap(factsIn));
  return facts.flatMap((fact): Undecided["unknown"] => {
    if (!world.facts.has(fact)) return [{ fact, why: "not_read" }];
    if (world.steps.some(({ blurred }) => blurred.has(fact))) return [{ fact, why: "undeclared" }];
    if (world.measured.has(fact)) return [{ fact, why: "measured" }];
    return world.steps.some(({ canFail, effect }) => canFail && effect.has(fact)) ? [{ fact, why: "failed" }] : [];
  });
}
