import { invariant } from "../../value/invariant.ts";
import { orderForWalk } from "./order-for-walk.ts";
import { always, type FormulaId, type FormulaTable, never } from "./outcome-formula.ts";
import { isVoiceAsked, type Questions, questionsOf, variablesOf } from "./walk-questions.ts";
import type { WalkStep, Watch } from "./walk-step.ts";

/** Outcomes that lead to a finding, in the order in which they become known. */
export type Witness = readonly { readonly variable: number; readonly outcome: string }[];

export type WalkFinding =
  | { readonly kind: "no_ending"; readonly witness: Witness }
  | { readonly kind: "two_endings"; readonly first: number; readonly second: number; readonly witness: Witness }
  /** The write `at` runs because of a no or a silence, which is the last one in the witness. */
  | { readonly kind: "silent_write"; readonly at: number; readonly witness: Witness }
  | { readonly kind: "forbidden"; readonly watch: number; readonly witness: Witness };

/** What the walk saw. */
export interface WalkReport {
  readonly findings: readonly WalkFinding[];
  /** Steps that run on some path. */
  readonly reached: ReadonlySet<number>;
  /** The greatest total cost of a path, for each dimension by itself. */
  readonly worst: readonly number[];
  readonly stateCount: number;
}

/** The walk gives up beyond this many states, which take about a second. */
export const walkStatesMax = 50_000;

/**
 * Walks every assignment of outcomes that a run can reach, and reports those that do not reach exactly one ending.
 *
 * Two partial assignments are one state when they leave the same open: the same ending reached, and the same residual
 * formula for every step that is not decided yet. So the cost follows the outcomes that later steps still ask about and
 * not their product: a sequence of 1,000 steps has one state for each step. This is the frontier method of binary
 * decision diagrams (Bryant 1986, Minato 1993).
 *
 * @returns the report, or `undefined` beyond `walkStatesMax` states
 */
export function walkBranches(steps: readonly WalkStep[], options: WalkOptions): WalkReport | undefined {
  const walk = new Walk(steps, options);
  return walk.run() ? walk.report() : undefined;
}

interface WalkOptions {
  readonly table: FormulaTable;
  readonly watches: readonly Watch[];
  /** Walks only where this step runs and has this outcome. */
  readonly given?: { readonly variable: number; readonly outcome: number };
}

interface State {
  /** What is left of each question that a known outcome has changed, by its number. */
  readonly open: ReadonlyMap<number, FormulaId>;
  /**
   * What is left of `voiced` where it is not what is left of `runs`: outcomes that are a no or a silence, or that only
   * came about through one, are not put in.
   */
  readonly veiled: ReadonlyMap<number, FormulaId>;
  readonly ending: number | undefined;
  /** Fleets of which too many steps failed, and that have a barrier left. */
  readonly givenUp: ReadonlySet<string>;
  readonly worst: readonly number[];
  readonly trail: Trail | undefined;
}

interface Trail {
  readonly variable: number;
  readonly outcome: string;
  readonly before: Trail | undefined;
}

/** The most steps whose outcomes are tried against each other to see that none of them matters. */
const openOutcomesMax = 5;

/** The most findings of one kind that are reported: further ones usually follow from the same gap. */
const findingsMax = 3;

/** Of each fleet whose failures are counted, the barrier that is decided last. */
function lastBarriers(steps: readonly WalkStep[], order: readonly number[]): ReadonlyMap<string, number> {
  return new Map(order.flatMap((at) => (steps[at]?.limit === undefined ? [] : [[steps[at].limit.of, at] as const])));
}

class Walk {
  readonly #steps: readonly WalkStep[];
  readonly #table: FormulaTable;
  readonly #watches: readonly Watch[];
  readonly #given: WalkOptions["given"];
  readonly #order: readonly number[];
  readonly #watchesAt: ReadonlyMap<number, readonly number[]>;
  readonly #questions: Questions;
  readonly #lastBarriers: ReadonlyMap<string, number>;
  readonly #findings = new Map<string, WalkFinding>();
  readonly #reached = new Set<number>();
  #states = new Map<string, State>();
  #stateCount = 0;

  constructor(steps: readonly WalkStep[], options: WalkOptions) {
    this.#steps = steps;
    this.#given = options.given;
    this.#table = options.table;
    this.#watches = options.watches;
    const watchesAt = new Map<number, number[]>();
    options.watches.forEach((watch, index) => watchesAt.set(watch.at, [...(watchesAt.get(watch.at) ?? []), index]));
    this.#watchesAt = watchesAt;
    this.#order = orderForWalk(
      steps.map((step) => new Set([...variablesOf(this.#table, step), ...(step.limit?.after ?? [])])),
      options.watches.map((watch) => ({ at: watch.at, variables: this.#table.variablesOf(watch.forbidden) })),
    );
    this.#lastBarriers = lastBarriers(steps, this.#order);
    this.#questions = questionsOf(steps, { ...options, order: this.#order });
  }

  /** Walks; `false` beyond the limit of states. */
  run(): boolean {
    const dimensionCount = this.#steps[0]?.cost.length ?? 0;
    this.#states.set("", {
      open: new Map(),
      veiled: new Map(),
      ending: undefined,
      givenUp: new Set(),
      worst: new Array<number>(dimensionCount).fill(0),
      trail: undefined,
    });
    for (const variable of this.#order) {
      const next = new Map<string, State>();
      for (const state of this.#states.values()) {
        for (const following of this.#decide(state, variable)) merge(next, following);
        if (this.#stateCount + next.size > walkStatesMax) return false;
      }
      this.#stateCount += next.size;
      this.#states = next;
    }
    return true;
  }

  report(): WalkReport {
    let worst: readonly number[] = [];
    for (const state of this.#states.values()) {
      worst = maximum(worst, state.worst);
      if (state.ending === undefined) this.#tell("no_ending", { kind: "no_ending", witness: witnessOf(state.trail) });
    }
    return { findings: [...this.#findings.values()], reached: this.#reached, worst, stateCount: this.#stateCount };
  }

  #decide(state: State, variable: number): readonly State[] {
    const step = this.#stepAt(variable);
    const isGivenUp = step.limit !== undefined && state.givenUp.has(step.limit.of);
    const asked = state.open.get(this.#questions.ofStep[variable] ?? -1) ?? step.runs;
    invariant(asked === always || asked === never, "a step is decided after everything it waits for");
    const runs = isGivenUp ? never : asked;
    for (const index of this.#watchesAt.get(variable) ?? []) this.#checkWatch(state, index);
    const notRun = step.outcomes.length - 1;
    const given = this.#given?.variable === variable ? this.#given.outcome : null;
    if (given !== null && runs === never) return [];
    // Whether it runs hangs on a no or a silence, and then so does everything that comes of it.
    const isVeiled = !isGivenUp && this.#valueOf(this.#voicedOf(state, variable)) !== (runs === always);
    if (runs === never)
      return [this.#follow(state, { variable, outcome: notRun, isChoice: false, isSilent: isVeiled })];
    this.#reached.add(variable);
    if (isVeiled && step.isWrite)
      this.#tell(`silent ${variable}`, { kind: "silent_write", at: variable, witness: witnessOf(state.trail) });
    const worst = state.worst.map((total, dimension) => total + (step.cost[dimension] ?? 0));
    const running = { ...state, worst, ending: step.isEnding ? this.#reachEnding(state, variable) : state.ending };
    if (step.isEnding) return [this.#drop(running, variable)];
    const followed = step.outcomes.slice(0, notRun).flatMap((_, outcome) => {
      if (given !== null && outcome !== given) return [];
      const isSilent = isVeiled || step.silences.includes(outcome);
      return [this.#follow(running, { variable, outcome, isChoice: notRun > 1, isSilent })];
    });
    return step.limit?.mayGiveUp === true && given === null ? [...followed, this.#giveUp(state, variable)] : followed;
  }

  /** More of its fleet have failed than a barrier lets pass. */
  #giveUp(state: State, variable: number): State {
    const outcome = this.#stepAt(variable).outcomes.length - 1;
    const of = this.#stepAt(variable).limit?.of ?? "";
    const given = { ...state, givenUp: new Set([...state.givenUp, of]) };
    return this.#follow(given, { variable, outcome, isChoice: true, isSilent: false });
  }

  /** What is left of the condition under which a step runs by voices alone. */
  #voicedOf({ open, veiled }: State, variable: number): FormulaId {
    const number = this.#questions.ofStep[variable] ?? -1;
    return veiled.get(number) ?? open.get(number) ?? this.#stepAt(variable).voiced;
  }

  /** The one value of a formula, whatever the outcomes that it still asks about; `undefined` if it has several. */
  #valueOf(formula: FormulaId, openMax = openOutcomesMax): boolean | undefined {
    if (formula === always || formula === never) return formula === always;
    const [variable] = this.#table.variablesOf(formula);
    // Where too much is open to try it all, it counts as undecided, and a write is refused.
    if (variable === undefined || openMax === 0) return undefined;
    const values = this.#stepAt(variable).outcomes.map((_, outcome) =>
      this.#valueOf(this.#table.assign(formula, variable, outcome), openMax - 1),
    );
    return values.every((value) => value === values[0]) ? values[0] : undefined;
  }

  #reachEnding(state: State, variable: number): number {
    if (state.ending === undefined) return variable;
    const [first, second] = [state.ending, variable];
    this.#tell(`two ${first} ${second}`, { kind: "two_endings", first, second, witness: witnessOf(state.trail) });
    return first;
  }

  #checkWatch(state: State, index: number): void {
    const watch = this.#watches[index];
    const number = this.#questions.ofWatch[index] ?? -1;
    if (watch === undefined || (state.open.get(number) ?? watch.forbidden) !== always) return;
    this.#tell(`watch ${index}`, { kind: "forbidden", watch: index, witness: witnessOf(state.trail) });
  }

  /** Behind a reached ending nothing is asked any more: whatever waits for it does not run. */
  #drop(state: State, variable: number): State {
    const [open, veiled] = [new Map(state.open), new Map(state.veiled)];
    for (const question of this.#questions.closedBy[variable] ?? []) forget(question, { open, veiled });
    for (const { number } of this.#questions.about[variable] ?? []) {
      open.set(number, never);
      veiled.delete(number);
    }
    return { ...state, open, veiled };
  }

  #follow(
    state: State,
    taken: {
      readonly variable: number;
      readonly outcome: number;
      readonly isChoice: boolean;
      readonly isSilent: boolean;
    },
  ): State {
    const { variable, outcome, isChoice, isSilent } = taken;
    const [open, veiled] = [new Map(state.open), new Map(state.veiled)];
    for (const question of this.#questions.closedBy[variable] ?? []) forget(question, { open, veiled });
    for (const question of this.#questions.about[variable] ?? []) {
      const { number } = question;
      const before = open.get(number) ?? question.formula;
      const left = this.#table.assign(before, variable, outcome);
      open.set(number, left);
      if (!isVoiceAsked(question, left)) continue;
      const voiced = state.veiled.get(number) ?? state.open.get(number) ?? question.voiced;
      const voicedNow = voiced === before ? left : this.#table.assign(voiced, variable, outcome);
      const voicedLeft = isSilent ? voiced : voicedNow;
      if (voicedLeft === left) veiled.delete(number);
      else veiled.set(number, voicedLeft);
    }
    const givenUp = this.#givenUpBehind(state, variable);
    if (!isChoice) return { ...state, open, veiled, givenUp };
    return {
      ...state,
      open,
      veiled,
      givenUp,
      trail: { variable, outcome: this.#stepAt(variable).outcomes[outcome] ?? "", before: state.trail },
    };
  }

  /** Behind the last barrier of a fleet nobody asks any more whether it was given up. */
  #givenUpBehind({ givenUp }: State, variable: number): State["givenUp"] {
    const of = this.#stepAt(variable).limit?.of;
    if (of === undefined || this.#lastBarriers.get(of) !== variable || !givenUp.has(of)) return givenUp;
    return new Set([...givenUp].filter((fleet) => fleet !== of));
  }

  #tell(key: string, finding: WalkFinding): void {
    const kindCount = [...this.#findings.values()].filter((known) => known.kind === finding.kind).length;
    const unique = finding.kind === "no_ending" ? `${key} ${kindCount}` : key;
    if (!this.#findings.has(unique) && kindCount < (finding.kind === "forbidden" ? 100 : findingsMax))
      this.#findings.set(unique, finding);
  }

  #stepAt(variable: number): WalkStep {
    const step = this.#steps[variable];
    invariant(step !== undefined, "a variable is a step");
    return step;
  }
}

function merge(states: Map<string, State>, state: State): void {
  const givenUp = [...state.givenUp].sort().join(";");
  const key = `${state.ending ?? ""}|${describeOpen(state.open)}|${describeOpen(state.veiled)}|${givenUp}`;
  const known = states.get(key);
  states.set(key, known === undefined ? state : { ...known, worst: maximum(known.worst, state.worst) });
}

function forget(
  number: number,
  from: { readonly open: Map<number, FormulaId>; readonly veiled: Map<number, FormulaId> },
): void {
  from.open.delete(number);
  from.veiled.delete(number);
}

function describeOpen(formulas: ReadonlyMap<number, FormulaId>): string {
  return [...formulas].sort(([left], [right]) => left - right).join(";");
}

function maximum(left: readonly number[], right: readonly number[]): readonly number[] {
  return right.map((value, index) => Math.max(value, left[index] ?? 0));
}

function witnessOf(trail: Trail | undefined): Witness {
  const witness: { variable: number; outcome: string }[] = [];
  for (let at = trail; at !== undefined; at = at.before) witness.push({ variable: at.variable, outcome: at.outcome });
  return witness.reverse();
}
