// What a plan does by the declarations of its domain, found by trying everything: every outcome, and every order that
// the steps may take. It imports nothing of the product, so that it can judge what the product accepts.

/** A fact is a small whole number. */
export type Facts = Readonly<Record<string, number>>;

/** `fact operator value`. */
export interface Atom {
  readonly fact: string;
  readonly operator: "==" | "!=" | "<=";
  readonly value: number;
}

/** A conjunction of disjunctions. */
export type Condition = readonly (readonly Atom[])[];

/** A step of a small plan. */
export interface SmallStep {
  readonly id: string;
  readonly kind: "write" | "probe" | "approve" | "wait";
  readonly after: readonly string[];
  /** The outcome of an earlier step that it runs for; `null` runs when everything in `after` ran. */
  readonly when: { readonly step: string; readonly outcomes: readonly string[] } | null;
  readonly object: string;
  readonly pre: Condition;
  readonly during: Facts;
  readonly effect: Facts;
  readonly locks: readonly string[];
  /** Whether the plan goes on when the write fails. */
  readonly mayFail: boolean;
}

/** A small plan and the world that it meets. */
export interface SmallPlan {
  readonly facts: Facts;
  readonly invariants: readonly Condition[];
  readonly goal: Condition;
  readonly steps: readonly SmallStep[];
}

/** Outcomes that lead to `escalate`, because no step of a small plan is for them. */
export const surprises = ["none_of_these", "no_answer"];

/** The outcomes of each kind of step. */
export function outcomesOf(step: SmallStep): readonly string[] {
  switch (step.kind) {
    case "write":
      return step.mayFail ? ["done", "failed"] : ["done"];
    case "probe":
      return ["yes", "no", ...surprises];
    case "approve":
      return ["approved", "rejected", "expired"];
    case "wait":
      return ["elapsed"];
  }
}

interface State {
  /** `waits`, `runs`, or an outcome. */
  readonly stages: Readonly<Record<string, string>>;
  readonly facts: Facts;
  /** Facts of steps that failed: nobody knows whether they are as before. */
  readonly lost: readonly string[];
  /** Per conjunct of the invariants: whether it has held. */
  readonly held: readonly boolean[];
}

/** Why a plan is harmful; `null` if it is not. */
export function judge(plan: SmallPlan): string | null {
  // A plan that only looks leaves the world as it is.
  const isWriting = plan.steps.some(({ kind }) => kind === "write");
  const conjuncts = isWriting ? plan.invariants.flat() : [];
  const start: State = {
    stages: Object.fromEntries(plan.steps.map((step) => [step.id, "waits"])),
    facts: plan.facts,
    lost: [],
    held: conjuncts.map((conjunct) => isTrue(conjunct, plan.facts)),
  };
  const seen = new Set<string>();
  const open = [start];
  let goalSeen = plan.goal.length === 0;
  let hasEnded = false;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    const { facts } = state;
    const now = conjuncts.map((conjunct) => isTrue(conjunct, facts));
    for (const [index, holds] of now.entries())
      if (!holds && state.held[index] === true) return `invariant conjunct ${index} is false`;
    const held = now.map((holds, index) => holds || state.held[index] === true);
    const moves = movesOf(plan, { ...state, held });
    if (typeof moves === "string") return moves;
    open.push(...moves);
    if (moves.length > 0 || escalates(plan, state)) continue;
    hasEnded = true;
    if (now.includes(false)) return "an invariant is false at an ending";
    const goal = plan.goal.map((conjunct) => truthOf(conjunct, facts, state.lost));
    if (!goal.includes(false)) goalSeen = true;
  }
  return hasEnded && !goalSeen ? "no ending reaches the goal" : null;
}

function movesOf(plan: SmallPlan, state: State): readonly State[] | string {
  const moves: State[] = [];
  for (const step of plan.steps) {
    const stage = state.stages[step.id];
    if (stage === "runs") {
      const done = { ...overlay(plan, step, state), ...step.effect };
      moves.push({ ...state, stages: { ...state.stages, [step.id]: "done" }, facts: done });
    }
    if (stage !== "waits" || !step.after.every((id) => isOver(state.stages[id]))) continue;
    if (!runsNow(step, state)) {
      moves.push({ ...state, stages: { ...state.stages, [step.id]: "not_run" } });
      continue;
    }
    if (step.kind !== "write") {
      for (const outcome of outcomesOf(step)) moves.push({ ...state, stages: { ...state.stages, [step.id]: outcome } });
      continue;
    }
    if (isLocked(plan, step, state)) continue;
    if (step.pre.some((conjunct) => truthOf(conjunct, state.facts, state.lost) === false))
      return `the precondition of ${step.id} is false`;
    moves.push({
      ...state,
      stages: { ...state.stages, [step.id]: "runs" },
      facts: { ...state.facts, ...step.during },
    });
    if (!step.mayFail) continue;
    const changed = Object.keys(step.effect).filter((fact) => state.facts[fact] !== step.effect[fact]);
    const failed = { ...state.stages, [step.id]: "failed" };
    const lost = [...new Set([...state.lost, ...changed])].sort();
    moves.push({ ...state, stages: failed, lost });
    moves.push({ ...state, stages: failed, lost, facts: { ...state.facts, ...step.effect } });
  }
  return moves;
}

/** What a step sets only meanwhile is as it was, once it is done. Steps in no order never set the same fact. */
function overlay(plan: SmallPlan, step: SmallStep, { facts, stages }: State): Facts {
  const passing = Object.keys(step.during).filter((fact) => !(fact in step.effect));
  const before = (fact: string): number => {
    let value = plan.facts[fact] ?? 0;
    for (const other of plan.steps) if (stages[other.id] === "done") value = other.effect[fact] ?? value;
    return value;
  };
  return { ...facts, ...Object.fromEntries(passing.map((fact) => [fact, before(fact)])) };
}

function isOver(stage: string | undefined): boolean {
  return stage !== "waits" && stage !== "runs";
}

function runsNow(step: SmallStep, { stages }: State): boolean {
  if (step.when === null) return step.after.every((id) => stages[id] !== "not_run");
  return step.when.outcomes.includes(stages[step.when.step] ?? "");
}

function isLocked(plan: SmallPlan, step: SmallStep, { stages }: State): boolean {
  const own = [step.object, ...step.locks];
  return plan.steps.some(
    (other) => stages[other.id] === "runs" && [other.object, ...other.locks].some((lock) => own.includes(lock)),
  );
}

function escalates(plan: SmallPlan, { stages }: State): boolean {
  const read = plan.steps.flatMap(({ when }) => (when === null ? [] : [when]));
  return read.some(({ step }) => {
    const outcome = stages[step] ?? "";
    if (outcome === "not_run" || outcome === "done") return false;
    return !read.some((when) => when.step === step && when.outcomes.includes(outcome));
  });
}

function isTrue(atoms: readonly Atom[], facts: Facts): boolean {
  return atoms.some((atom) => compare(atom, facts));
}

/** `null` where a lost fact leaves it open. */
function truthOf(atoms: readonly Atom[], facts: Facts, lost: readonly string[]): boolean | null {
  if (atoms.some((atom) => !lost.includes(atom.fact) && compare(atom, facts))) return true;
  return atoms.some(({ fact }) => lost.includes(fact)) ? null : false;
}

/** Whether an atom holds. */
export function compare({ fact, operator, value }: Atom, facts: Facts): boolean {
  const found = facts[fact] ?? 0;
  return operator === "==" ? found === value : operator === "!=" ? found !== value : found <= value;
}
