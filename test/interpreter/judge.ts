// Judges the harm that a plan does by the declarations of its domain, by carrying it out in thought: every outcome,
// every order, every moment. docs/mutants.md says in words what counts as harm.
import type { Declarations } from "./declarations.ts";
import { groundInvariant } from "./ground.ts";
import { evaluate, type Guard, GuardError, pathsIn, type Value } from "./guard.ts";
import { type Layout, layOut, notRun, runs, silenceBehind } from "./layout.ts";
import { expand, Meaningless, type StaticHarm, type Step } from "./steps.ts";
import { followBack, type Touch, type WayBackHarm } from "./way-back.ts";

/** The kinds of harm. */
export type HarmKind =
  | StaticHarm["kind"]
  | "precondition"
  | "invariant"
  | "not_restored"
  | "goal"
  | "expectation"
  | "silent_write"
  | "past_surprise"
  | "race"
  | "waves"
  | "missing_value"
  | WayBackHarm["harm"];

/** What the interpreter finds. */
export type Verdict =
  | { readonly kind: "harmless"; readonly stateCount: number }
  | {
      readonly kind: "harmful";
      readonly harm: HarmKind;
      readonly step: string;
      readonly why: string;
      readonly stateCount: number;
    }
  /** The language gives it no meaning, so that nothing could be carried out. */
  | { readonly kind: "meaningless"; readonly why: string }
  /** Too many moments to look at each. */
  | { readonly kind: "undecided"; readonly stateCount: number };

/** A plan, the world that it meets, and what the one who asks has said. */
export interface Case {
  readonly domain: Declarations;
  /** By `type.object.fact`. One that is not there is not known. */
  readonly facts: Readonly<Record<string, Value>>;
  readonly proposal: unknown;
  readonly inputs?: ReadonlyMap<string, unknown>;
  readonly goal?: string;
}

const stateCountMax = 100_000;

/** Judges one plan. Cost: one state for each moment that a run of it can be at. */
export function judge({ domain, facts, proposal, inputs = new Map(), goal = "" }: Case): Verdict {
  try {
    const expanded = expand(proposal, { domain, inputs, goal });
    const layout = layOut(expanded.steps);
    const { harm } = expanded;
    if (harm !== null) return { kind: "harmful", harm: harm.kind, step: harm.step, why: harm.why, stateCount: 0 };
    return new Execution({ domain, facts, layout, goal: expanded.goal }).judge();
  } catch (error) {
    if (error instanceof Meaningless || error instanceof GuardError) return { kind: "meaningless", why: error.message };
    throw error;
  }
}

/** A moment of a run. */
interface State {
  /** By step: empty while it waits, `runs`, `lands` until what it is to expect is true, or an outcome. */
  readonly stages: readonly string[];
  readonly facts: ReadonlyMap<string, Value | undefined>;
  /** Facts of writes that failed: nobody knows whether they are as before. */
  readonly lost: readonly string[];
  /** By conjunct of the invariants: whether it has ever held. */
  readonly held: readonly boolean[];
  /** By step that runs: what the facts were that are so only meanwhile. */
  readonly saved: ReadonlyMap<number, ReadonlyMap<string, Value | undefined>>;
  /** The steps that have touched the world, in the order in which they settled; none where nothing is ever undone. */
  readonly touched: readonly Touch[];
  /** By step that runs: what it will have touched the world with. */
  readonly begun: ReadonlyMap<number, Touch>;
  /** Whether a way back has been asked for: nothing begins any more, and what is in the air comes to its end. */
  readonly isTurned: boolean;
}

class Found extends Error {
  readonly harm: HarmKind;
  readonly step: string;
  readonly why: string;

  constructor(harm: HarmKind, step: string, why: string) {
    super(why);
    this.harm = harm;
    this.step = step;
    this.why = why;
  }
}

class Execution {
  readonly #layout: Layout;
  readonly #steps: readonly Step[];
  readonly #goal: readonly Guard[];
  readonly #invariants: readonly { readonly name: string; readonly guard: Guard }[];
  readonly #measured: readonly string[];
  readonly #start: State;
  readonly #ran = new Set<number>();
  /** Whether anything ever asks for the way back. */
  readonly #mayTurn: boolean;
  #goalSeen: boolean;
  /** Why the plan means nothing, found on the way. */
  #flaw: string | null = null;
  #endSeen = false;

  constructor(from: {
    readonly domain: Declarations;
    readonly facts: Case["facts"];
    readonly layout: Layout;
    readonly goal: readonly Guard[];
  }) {
    const { domain, layout, goal } = from;
    this.#layout = layout;
    this.#steps = layout.steps;
    this.#goal = goal;
    this.#goalSeen = goal.length === 0;
    // A plan that only looks leaves the world as it is.
    this.#invariants = layout.steps.some(({ isWrite }) => isWrite)
      ? domain.invariants.flatMap(({ name, holds }) => groundInvariant(holds, domain).map((guard) => ({ name, guard })))
      : [];
    const set = new Set(layout.steps.flatMap(({ during, effect }) => [...during.keys(), ...effect.keys()]));
    const guards = [
      ...goal,
      ...this.#invariants.map(({ guard }) => guard),
      ...layout.steps.flatMap(({ pre, post, expect }) => [...pre, ...post, ...expect]),
    ];
    this.#mayTurn = layout.steps.some(({ rollsBack }) => rollsBack);
    // What an undo reads may hang on what was before.
    const undone = this.#mayTurn && layout.steps.some(({ undo }) => undo !== null) ? domain.facts.keys() : [];
    const named = new Set([...undone, ...set, ...guards.flatMap((guard) => pathsIn(guard).map(([fact = ""]) => fact))]);
    this.#measured = [...named].filter((fact) => domain.measured.has(fact) && !set.has(fact));
    const facts = new Map([...named].sort().map((fact) => [fact, from.facts[fact]]));
    this.#start = {
      stages: layout.steps.map(() => ""),
      facts,
      lost: [],
      held: this.#invariants.map(({ guard }) => truth(guard, facts) === true),
      saved: new Map(),
      touched: [],
      begun: new Map(),
      isTurned: false,
    };
  }

  judge(): Verdict {
    const seen = new Set<string>();
    const open = [this.#start];
    try {
      for (let state = open.pop(); state !== undefined; state = open.pop()) {
        const held = this.#hold(state);
        const now = { ...state, held };
        const key = keyOf(now);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > stateCountMax) return { kind: "undecided", stateCount: seen.size };
        const moves = this.#moves(now);
        if (moves.length === 0 && now.isTurned) this.#turnBack(now);
        // A step that waits in vain for what it is to expect can only fail.
        else if (moves.every((move) => move.isTurned) && !now.isTurned && !this.#turns(now)) this.#finish(now);
        open.push(...moves);
      }
      if (this.#endSeen && !this.#goalSeen) throw new Found("goal", "", "no ending reaches the goal");
    } catch (error) {
      if (!(error instanceof Found)) throw error;
      return { kind: "harmful", harm: error.harm, step: error.step, why: error.why, stateCount: seen.size };
    }
    if (this.#flaw !== null) return { kind: "meaningless", why: this.#flaw };
    const idle = this.#steps.find((step, index) => !this.#ran.has(index) && step.kind !== "barrier");
    if (idle !== undefined) return { kind: "meaningless", why: `\`${idle.id}\` never runs` };
    return { kind: "harmless", stateCount: seen.size };
  }

  /** Holds the invariants: one that was true must stay true. */
  #hold({ held, facts, stages, isTurned }: State): readonly boolean[] {
    return this.#invariants.map(({ name, guard }, index) => {
      const now = truth(guard, facts);
      // What was wrong before a repair may be wrong again once the repair has failed.
      const isExcused = isTurned && this.#start.held[index] !== true;
      if (now === false && held[index] === true && !isExcused) {
        const last = this.#steps.filter((_, at) => stages[at] !== "" && stages[at] !== notRun).at(-1);
        throw new Found("invariant", last?.id ?? "", `\`${name}\` becomes false`);
      }
      return held[index] === true || now === true;
    });
  }

  /** Every state that may come next; none where the run has ended. */
  #moves(state: State): readonly State[] {
    const landed = state.stages.flatMap((stage, index) => {
      if (stage === "runs") return [this.#land(state, index), ...this.#breakOff(state, index)];
      return stage === "lands" ? [...this.#settle(state, index), ...this.#breakOff(state, index)] : [];
    });
    if (state.isTurned) return landed;
    if (this.#turns(state)) return [{ ...state, isTurned: true }];
    const due = this.#steps.flatMap((step, index) => {
      const isDue = state.stages[index] === "" && step.after.every((id) => isOver(this.#stageOf(state, id)));
      return isDue ? [index] : [];
    });
    if (!this.#hasEnded(state)) return [...landed, ...due.flatMap((index) => this.#begin(state, index))];
    for (const index of due) this.#checkGoingOn(state, index);
    return landed;
  }

  /** Whether an ending asks for the way back, or a probe does that said what nobody planned for. */
  #turns({ stages }: State): boolean {
    const isEnded = this.#steps.some(
      ({ kind, rollsBack }, at) => kind === "escalate" && rollsBack && stages[at] === "ended",
    );
    const probes = this.#steps.flatMap((step, at) => (this.#isTurning(step) ? [at] : []));
    const isOverAll = probes.every((at) => isOver(stages[at] ?? ""));
    return isEnded || (isOverAll && probes.some((at) => this.#layout.surprises[at]?.has(stages[at] ?? "") === true));
  }

  #isTurning({ kind, rollsBack, outcomes }: Step): boolean {
    return kind === "call" && rollsBack && outcomes.includes("no_answer");
  }

  /**
   * A step fails that was sent, and its failure begins the way back. It has changed nothing, or everything, and then
   * other steps may have seen that before it was known to have failed.
   */
  #breakOff(state: State, index: number): readonly State[] {
    const step = this.#steps[index];
    const touch = state.begun.get(index);
    if (step === undefined || touch === undefined || !step.rollsBack || state.isTurned) return [];
    const changed = [...step.effect].filter(([fact, value]) => touch.before.get(fact) !== value).map(([fact]) => fact);
    const lost = [...new Set([...state.lost, ...changed])].sort();
    const saved = new Map(state.saved);
    const facts = overlay(state.facts, saved.get(index) ?? new Map());
    saved.delete(index);
    const touched = [...state.touched, { ...touch, hasFailed: true }];
    return [withStage({ ...state, facts, lost, saved, touched, isTurned: true }, index, "broke")];
  }

  /** Nothing is in the air any more: what was written is undone. */
  #turnBack({ touched, facts, lost }: State): void {
    const held = this.#start.held;
    const before = this.#start.facts;
    const wrong = this.#invariants.filter(({ guard }) => truth(guard, before) === false);
    const harm = followBack({
      steps: this.#steps,
      ancestors: this.#layout.ancestors,
      touched,
      facts,
      lost,
      invariants: this.#invariants.filter((_, index) => held[index] === true),
      wrong: new Set(wrong.flatMap(({ guard }) => pathsIn(guard).map(([fact = ""]) => fact))),
    });
    if (harm !== null) throw new Found(harm.harm, harm.step, harm.why);
  }

  /** Nothing may go on behind an outcome that nobody planned for. What does not wait for it may have come first. */
  #checkGoingOn({ stages }: State, index: number): void {
    const step = this.#steps[index];
    const surprised = [...(this.#layout.ancestors[index] ?? [])].find((at) =>
      this.#layout.surprises[at]?.has(stages[at] ?? ""),
    );
    if (step === undefined || surprised === undefined || !runs(this.#layout, index, stages)) return;
    const why = `nobody planned for \`${stages[surprised]}\` of \`${this.#steps[surprised]?.id}\``;
    if (step.isWrite) throw new Found("past_surprise", step.id, why);
    this.#flaw ??= `\`${step.id}\` goes on although ${why}`;
  }

  /** Whether the run has come to an ending, or to an outcome that nobody planned for. */
  #hasEnded({ stages }: State): boolean {
    return this.#steps.some(({ kind, counts }, index) => {
      const stage = stages[index] ?? "";
      if (kind === "end" || kind === "escalate") return stage === "ended";
      // More steps of a wave failed than may.
      if (kind === "barrier" && stage === notRun)
        return counts?.members.every((id) => stages[this.#layout.indexOf.get(id) ?? -1] !== notRun) === true;
      // Where a probe asks for the way back, the plan goes on until each such probe is over.
      const step = this.#steps[index];
      return this.#layout.surprises[index]?.has(stage) === true && !(step !== undefined && this.#isTurning(step));
    });
  }

  #stageOf({ stages }: State, id: string): string {
    return stages[this.#layout.indexOf.get(id) ?? -1] ?? notRun;
  }

  #begin(state: State, index: number): readonly State[] {
    const step = this.#steps[index];
    if (step === undefined) return [];
    const isPause = ["wait", "approve", "barrier"].includes(step.kind);
    // Nothing pins a measurement, so behind a pause it is not known, even if the pause was skipped.
    if (!runs(this.#layout, index, state.stages))
      return [withStage(isPause ? this.#forget(state) : state, index, notRun)];
    if (step.kind === "call") this.#checkSending(state, index);
    // It fails before anything of it was sent.
    const unsent =
      step.kind === "call" && step.rollsBack ? [withStage({ ...state, isTurned: true }, index, "broke")] : [];
    if (!step.isWrite) {
      this.#ran.add(index);
      // Between two waves stands a wait.
      const passed = isPause ? this.#forget(state) : state;
      return [...(this.#layout.outcomes[index] ?? []).map((outcome) => withStage(passed, index, outcome)), ...unsent];
    }
    if (this.#isLocked(state, index)) return [];
    this.#ran.add(index);
    const sent = withStage({ ...state, facts: overlay(state.facts, step.during) }, index, "runs");
    const before = new Map([...step.during.keys()].map((fact) => [fact, state.facts.get(fact)]));
    const touch: Touch = { at: index, before: state.facts, lost: state.lost, hasFailed: false };
    const begun: State = {
      ...sent,
      saved: new Map([...state.saved, [index, before]]),
      begun: this.#mayTurn ? new Map([...state.begun, [index, touch]]) : state.begun,
    };
    if (!step.outcomes.includes("failed")) return [begun, ...unsent];
    const failed = failedStates(state, index, step);
    if (!this.#mayTurn) return [begun, ...failed];
    // One that has touched nothing has nothing to undo.
    const touched = [...state.touched, { ...touch, hasFailed: true }];
    return [begun, ...failed.map((one) => ({ ...one, touched })), ...failed.slice(0, 1)];
  }

  /** A call is about to be sent. */
  #checkSending(state: State, index: number): void {
    const step = this.#steps[index];
    if (step === undefined) return;
    const { facts, lost } = state;
    for (const id of step.needs)
      if (["", notRun, "failed", "no_answer"].includes(this.#stageOf(state, id)))
        throw new Found("missing_value", step.id, `\`${id}\` has given no value`);
    const known = withoutLost(facts, lost);
    if (step.pre.some((guard) => truth(guard, known) === false))
      throw new Found("precondition", step.id, "its precondition is false when it is sent");
    if (!step.isWrite) return;
    const silence = silenceBehind(this.#layout, index, state.stages);
    if (silence !== null) throw new Found("silent_write", step.id, silence);
    for (const [at, other] of this.#steps.entries()) this.#checkBeside(state, { step, index, other, at });
  }

  #checkBeside(
    { stages }: State,
    from: { readonly step: Step; readonly index: number; readonly other: Step; readonly at: number },
  ): void {
    const { step, index, other, at } = from;
    const isOrdered =
      this.#layout.ancestors[index]?.has(at) === true || this.#layout.ancestors[at]?.has(index) === true;
    if (at === index || isOrdered || !other.isWrite || ["", notRun].includes(stages[at] ?? "")) return;
    const facts = ({ during, effect }: Step): readonly string[] => [...during.keys(), ...effect.keys()];
    if (step.target === other.target || facts(step).some((fact) => facts(other).includes(fact)))
      throw new Found("race", step.id, `\`${other.id}\` writes the same, and neither waits for the other`);
    if (step.waves !== null && step.action === other.action && step.waves !== other.waves)
      throw new Found("waves", step.id, `\`${other.id}\` goes in waves beside it`);
  }

  #isLocked({ stages }: State, index: number): boolean {
    const own = this.#steps[index]?.locks ?? [];
    return this.#steps.some(
      (other, at) => ["runs", "lands"].includes(stages[at] ?? "") && other.locks.some((lock) => own.includes(lock)),
    );
  }

  /** A write takes hold. */
  #land(state: State, index: number): State {
    const step = this.#steps[index];
    const saved = new Map(state.saved);
    if (step === undefined) return state;
    const facts = new Map(overlay(overlay(state.facts, saved.get(index) ?? new Map()), step.effect));
    saved.delete(index);
    for (const guard of step.post) {
      if (truth(guard, facts) === true) continue;
      const others = pathsIn(guard).filter(([fact = ""]) => !step.effect.has(fact));
      if (truth(guard, step.effect) === false)
        throw new Found("expectation", step.id, "it waits for what its own effect makes false");
      // An action that waits for more than it says it does changes that too.
      for (const [fact = ""] of others) facts.set(fact, undefined);
    }
    // What a write has set is known, whatever a failed one had made of it before.
    const landed = { ...state, facts, saved, lost: state.lost.filter((fact) => !step.effect.has(fact)) };
    const isRead = step.expect.length === 0 && !this.#mayTurn;
    return isRead ? this.#touch(landed, index) : withStage(landed, index, "lands");
  }

  /** A write is done. */
  #touch(state: State, index: number): State {
    const touch = state.begun.get(index);
    const touched = touch === undefined ? state.touched : [...state.touched, touch];
    return withStage({ ...state, touched }, index, "done");
  }

  /** A write has taken hold. It is done once what it is to expect can be read back. */
  #settle(state: State, index: number): readonly State[] {
    const known = withoutLost(state.facts, state.lost);
    const isMet = this.#steps[index]?.expect.every((guard) => truth(guard, known) !== false) === true;
    return isMet || state.isTurned ? [this.#touch(state, index)] : [];
  }

  /** Time passes: what is only measured may have changed. */
  #forget(state: State): State {
    if (this.#measured.length === 0) return state;
    return { ...state, facts: overlay(state.facts, new Map(this.#measured.map((fact) => [fact, undefined]))) };
  }

  /** Whether the steps that nothing waits for lead to the end that the plan does not write down. */
  #ends(stages: readonly string[]): boolean {
    const awaited = new Set(this.#steps.flatMap(({ after }) => after));
    return this.#steps.some(({ id, outcomes }, index) => {
      if (!awaited.has(id)) return stages[index] !== "" && stages[index] !== notRun;
      // A step whose failure alone is answered has nothing more to do once it is done.
      return outcomes.includes("failed") && stages[index] === "done" && this.#layout.isDoneUnread.has(id);
    });
  }

  /** Nothing more can happen. */
  #finish(state: State): void {
    const { stages, facts, lost } = state;
    const waiting = this.#steps[stages.indexOf("lands")];
    if (waiting !== undefined && !this.#hasEnded(state))
      throw new Found("expectation", waiting.id, "what it is to expect is false, and nothing will make it true");
    const isEnd = this.#steps.some((step, index) => step.kind === "end" && stages[index] === "ended");
    if (this.#hasEnded(state) && !isEnd) return;
    if (!isEnd && !this.#ends(stages)) {
      this.#flaw ??= "nothing ends the plan on some course";
      return;
    }
    this.#endSeen = true;
    const open = this.#invariants.find(({ guard }) => truth(guard, facts) === false);
    if (open !== undefined) throw new Found("not_restored", "", `\`${open.name}\` is false at an ending`);
    const known = withoutLost(facts, lost);
    if (!this.#goal.some((guard) => truth(guard, known) === false)) this.#goalSeen = true;
  }
}

function truth(guard: Guard, facts: ReadonlyMap<string, Value | undefined>): boolean | undefined {
  const value = evaluate(guard, ([fact = ""]) => facts.get(fact));
  return value === undefined ? undefined : value === true;
}

function failedStates(state: State, index: number, step: Step): readonly State[] {
  const changed = [...step.effect].filter(([fact, value]) => state.facts.get(fact) !== value).map(([fact]) => fact);
  const lost = [...new Set([...state.lost, ...changed])].sort();
  const nothing = withStage({ ...state, lost }, index, "failed");
  return [nothing, { ...nothing, facts: overlay(state.facts, step.effect) }];
}

function withStage(state: State, index: number, stage: string): State {
  const stages = [...state.stages];
  stages[index] = stage;
  return { ...state, stages };
}

function overlay(
  facts: ReadonlyMap<string, Value | undefined>,
  change: ReadonlyMap<string, Value | undefined>,
): ReadonlyMap<string, Value | undefined> {
  return change.size === 0 ? facts : new Map([...facts, ...change]);
}

function withoutLost(
  facts: ReadonlyMap<string, Value | undefined>,
  lost: readonly string[],
): ReadonlyMap<string, Value | undefined> {
  return lost.length === 0 ? facts : overlay(facts, new Map(lost.map((fact) => [fact, undefined])));
}

function isOver(stage: string): boolean {
  return !["", "runs", "lands"].includes(stage);
}

function keyOf({ stages, facts, lost, held, saved, touched, begun, isTurned }: State): string {
  const touches = [...touched, ...[...begun.values()].filter(({ at }) => !isOver(stages[at] ?? ""))];
  const values = [...facts.values()].map((value) => (value === undefined ? null : value));
  const meanwhile = [...saved].map(([index, before]) => [index, [...before.values()].map((value) => value ?? null)]);
  return JSON.stringify([
    stages,
    values,
    lost,
    held,
    meanwhile.sort(([left], [right]) => Number(left) - Number(right)),
    touches.map(({ at, before, lost: unsure, hasFailed }) => [at, hasFailed, unsure, [...before.values()]]),
    isTurned,
  ]);
}
