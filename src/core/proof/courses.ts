import { always, type FormulaId, FormulaTable, never } from "../plan/branches/outcome-formula.ts";
import { invariant } from "../value/invariant.ts";
import type { World, WorldStep } from "./world.ts";

/** What became of a step on a course. */
export type Fate = "skipped" | "done" | "failed";

/** What a course makes of a few steps, and one way to come to it. */
export interface Course {
  /** By the place of the step in the plan. */
  readonly fates: ReadonlyMap<number, Fate>;
  /** The outcomes that lead there, of steps that can have several. */
  readonly outcomes: readonly { readonly stepId: string; readonly outcome: string }[];
}

/** An outcome that is taken for granted. */
export interface GivenOutcome {
  /** The place of the step in the plan. */
  readonly at: number;
  readonly outcome: string;
}

/** How many states may still be looked at. Shared, so that one plan has one limit. */
export interface StateBudget {
  left: number;
}

/** The most states of one search for courses that are kept at the same time. */
const courseStatesMax = 5_000;

interface State {
  /** What is left of each condition that a known outcome has changed. Steps with equal conditions share it. */
  readonly open: ReadonlyMap<FormulaId, FormulaId>;
  readonly fates: Fates | null;
  /** Failures of each fleet; beyond what its barriers let pass, they are all the same. */
  readonly failed: ReadonlyMap<string, number>;
  readonly trail: Trail | null;
}

/** The fates of the steps that are asked about, newest first. Equal fates have the same number. */
interface Fates {
  readonly number: number;
  readonly at: number;
  readonly fate: Fate;
  readonly before: Fates | null;
  /** How many of them failed. */
  readonly failedCount: number;
  /** What may follow, so that equal fates are one. */
  readonly next: Map<Fate, Fates>;
}

/** The conditions under which some steps run. The thousand steps of a fleet have a dozen between them. */
interface Conditions {
  /** The last step that runs under each: behind it, nobody asks any more what is left of it. */
  readonly lastOf: ReadonlyMap<FormulaId, number>;
  /** The conditions that ask for the outcome of a step. */
  readonly readersOf: ReadonlyMap<number, readonly FormulaId[]>;
}

interface Trail {
  readonly step: WorldStep;
  readonly outcome: string;
  readonly before: Trail | null;
}

/** Finds out which of some steps run together. It has the lifetime of one plan. */
export class CourseFinder {
  readonly #world: World;
  readonly #table: FormulaTable;
  readonly #runs: readonly FormulaId[];
  readonly #budget: StateBudget;
  readonly #known = new Map<string, readonly Course[] | undefined>();
  /** The fates that the first step asked about may have, in the search under way. */
  readonly #failedMax = new Map<string, number>();
  readonly #membersOf = new Map<string, number[]>();
  readonly #firstFates = new Map<Fate, Fates>();
  #fatesCount = 0;

  constructor(world: World, budget: StateBudget) {
    this.#world = world;
    this.#budget = budget;
    const indexOf = new Map(world.steps.map(({ id, at }) => [id, at]));
    this.#table = new FormulaTable({
      outcomesOf: (variable) => world.steps[variable]?.outcomes ?? [],
      variableOf: (id) => indexOf.get(id),
    });
    for (const { at, fleet, failures } of world.steps) {
      const members = fleet === null ? undefined : this.#membersOf.get(fleet);
      if (members !== undefined) members.push(at);
      else if (fleet !== null) this.#membersOf.set(fleet, [at]);
      if (failures !== null)
        this.#failedMax.set(failures.of, Math.max(failures.max, this.#failedMax.get(failures.of) ?? 0));
    }
    this.#runs = world.steps.map(({ when, after }) =>
      when === null ? this.#table.all(after.map((at) => this.#hasRun(at))) : this.#table.fromGuard(when),
    );
  }

  /**
   * Every combination of fates that these steps have on some course of the plan.
   *
   * @param given - the outcome that a step has if it runs; without it every outcome of every step is followed
   * @returns `undefined` if that takes more states than the budget has
   */
  coursesOf(steps: readonly number[], given: GivenOutcome | null = null): readonly Course[] | undefined {
    const sorted = [...new Set(steps)].sort((left, right) => left - right);
    const key = `${sorted.join(" ")}${given === null ? "" : ` ${given.at} ${given.outcome}`}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#find(sorted, given, null));
    return this.#known.get(key);
  }

  /**
   * Combinations of fates that these steps have on some course of the plan: all of them, or where there are more than
   * `coursesMax`, those in which the fewest steps fail. The course on which nothing fails is always among them.
   *
   * @param given - the outcome that a step has if it runs
   *
   * Cost: O(steps in the plan × `coursesMax`).
   */
  smoothestCourses(steps: readonly number[], coursesMax: number, given: GivenOutcome | null = null): readonly Course[] {
    const sorted = [...new Set(steps)].sort((left, right) => left - right);
    return this.#find(sorted, given, coursesMax) ?? [];
  }

  #find(
    steps: readonly number[],
    given: GivenOutcome | null,
    smoothestMax: number | null,
  ): readonly Course[] | undefined {
    const wanted = new Set(steps);
    const deciding = this.#decidingFor(steps);
    if (deciding.every((at) => this.#alwaysRuns(at)))
      return [{ fates: new Map(steps.map((at) => [at, "done"])), outcomes: [] }];
    const conditions = this.#conditionsOf(deciding);
    let states: readonly State[] = [{ open: new Map(), fates: null, failed: new Map(), trail: null }];
    this.#firstFates.clear();
    for (const at of deciding) {
      const next = new Map<string, State>();
      for (const state of states) {
        const from = { at, isWanted: wanted.has(at), conditions, given };
        for (const following of this.#decide(state, from)) {
          const key = describe(following);
          if (!next.has(key)) next.set(key, following);
        }
        if (smoothestMax === null && next.size > Math.min(this.#budget.left, courseStatesMax)) return undefined;
      }
      if (smoothestMax === null) this.#budget.left -= next.size;
      states = smoothestMax === null ? [...next.values()] : smoothest([...next.values()], smoothestMax);
    }
    // States that differ only in how many failed are one course.
    const courses = new Map(states.map((state) => [state.fates, state]));
    return [...courses.values()].map(({ fates, trail }) => ({ fates: fatesOf(fates), outcomes: outcomesOf(trail) }));
  }

  #fateAfter(before: Fates | null, at: number, fate: Fate): Fates {
    const known = before === null ? this.#firstFates : before.next;
    const found = known.get(fate);
    if (found !== undefined) return found;
    this.#fatesCount += 1;
    const failedCount = (before?.failedCount ?? 0) + (fate === "failed" ? 1 : 0);
    const made: Fates = { number: this.#fatesCount, at, fate, before, failedCount, next: new Map() };
    known.set(fate, made);
    return made;
  }

  #decide(
    state: State,
    from: {
      readonly at: number;
      readonly isWanted: boolean;
      readonly conditions: Conditions;
      readonly given: GivenOutcome | null;
    },
  ): readonly State[] {
    const { at, isWanted, conditions, given } = from;
    const step = this.#stepAt(at);
    const condition = this.#runs[at] ?? never;
    const asked = state.open.get(condition) ?? condition;
    invariant(asked === always || asked === never, "a step is decided after everything it waits for");
    const { failures } = step;
    const isGivenUp = failures !== null && (state.failed.get(failures.of) ?? 0) > failures.max;
    const runs = isGivenUp ? never : asked;
    const last = step.outcomes.length - 1;
    const isOpen = (outcome: number): boolean => given?.at !== at || step.outcomes[outcome] === given.outcome;
    const outcomes = runs === never ? [last] : [...step.outcomes.keys()].slice(0, last).filter(isOpen);
    return outcomes.map((outcome) => {
      const open = new Map(state.open);
      if (conditions.lastOf.get(condition) === at) open.delete(condition);
      for (const reader of conditions.readersOf.get(at) ?? [])
        open.set(reader, this.#table.assign(open.get(reader) ?? reader, at, outcome));
      const name = step.outcomes[outcome] ?? "";
      const fate: Fate = runs === never ? "skipped" : name === "failed" ? "failed" : "done";
      const fates = isWanted ? this.#fateAfter(state.fates, at, fate) : state.fates;
      const isChoice = runs === always && last > 1;
      const failed = fate === "failed" ? this.#failedAfter(state, step) : state.failed;
      return { open, fates, failed, trail: isChoice ? { step, outcome: name, before: state.trail } : state.trail };
    });
  }

  #failedAfter({ failed }: State, { fleet }: WorldStep): State["failed"] {
    const max = fleet === null ? undefined : this.#failedMax.get(fleet);
    if (fleet === null || max === undefined) return failed;
    return new Map([...failed, [fleet, Math.min((failed.get(fleet) ?? 0) + 1, max + 1)]]);
  }

  /** These steps, and those whose outcomes decide whether they run; in the order of the plan. */
  #decidingFor(steps: readonly number[]): readonly number[] {
    const found = new Set<number>();
    const open = [...steps];
    const countedTo = new Map<string, number>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      open.push(...this.#table.variablesOf(this.#runs[at] ?? never));
      const { failures } = this.#stepAt(at);
      if (failures === null) continue;
      // A barrier counts the failures of its fleet that stand before it: the waves behind it wait.
      const members = this.#membersOf.get(failures.of) ?? [];
      let next = countedTo.get(failures.of) ?? 0;
      for (; (members[next] ?? at) < at; next += 1) open.push(members[next] ?? at);
      countedTo.set(failures.of, next);
    }
    return [...found].sort((left, right) => left - right);
  }

  #conditionsOf(deciding: readonly number[]): Conditions {
    const lastOf = new Map(deciding.map((at) => [this.#runs[at] ?? never, at]));
    const readersOf = new Map<number, FormulaId[]>();
    for (const condition of lastOf.keys())
      for (const read of this.#table.variablesOf(condition)) {
        const readers = readersOf.get(read);
        if (readers === undefined) readersOf.set(read, [condition]);
        else readers.push(condition);
      }
    return { lastOf, readersOf };
  }

  #alwaysRuns(at: number): boolean {
    const { when, canFail } = this.#stepAt(at);
    return when === null && !canFail;
  }

  #hasRun(at: number): FormulaId {
    return this.#table.notAtom(at, [this.#stepAt(at).outcomes.length - 1]);
  }

  #stepAt(at: number): WorldStep {
    const step = this.#world.steps[at];
    invariant(step !== undefined, "a place is that of a step");
    return step;
  }
}

function describe({ open, fates, failed }: State): string {
  const left = [...open].sort(([one], [other]) => one - other).join(";");
  const counts = [...failed].sort(([one], [other]) => (one < other ? -1 : 1)).join(";");
  return `${left}|${fates?.number ?? ""}|${counts}`;
}

/** Those in which the fewest steps failed; of equal ones, those that were found first. */
function smoothest(states: readonly State[], statesMax: number): readonly State[] {
  if (states.length <= statesMax) return states;
  const failedIn = ({ fates }: State): number => fates?.failedCount ?? 0;
  return states.toSorted((one, other) => failedIn(one) - failedIn(other)).slice(0, statesMax);
}

function fatesOf(fates: Fates | null): Course["fates"] {
  const found: [number, Fate][] = [];
  for (let link = fates; link !== null; link = link.before) found.push([link.at, link.fate]);
  return new Map(found.reverse());
}

function outcomesOf(trail: Trail | null): Course["outcomes"] {
  const outcomes: { stepId: string; outcome: string }[] = [];
  for (let at = trail; at !== null; at = at.before) outcomes.push({ stepId: at.step.id, outcome: at.outcome });
  return outcomes.reverse();
}
