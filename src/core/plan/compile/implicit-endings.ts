import { formatGuard } from "../../guard/format-guard.ts";
import { type Formula, formatText, joinLogic } from "../../guard/formula.ts";
import { notRun } from "../kinds/outcomes.ts";
import { hadOneOf, hasNotRun, hasRun } from "./outcome-condition.ts";
import type { BranchStep } from "./read-conditions.ts";
import { type CountedWaves, givenUp } from "./waves.ts";
import { outcomesRead, type When } from "./when.ts";
import { isEnding, outcomesWhenRun, type WorkStep } from "./work-step.ts";

/** An ending that the compiler adds. */
export interface ImplicitEnding {
  readonly kind: "end" | "escalate";
  /** For an `end`: how it leaves the world. */
  readonly world: "goal" | "rollback";
  readonly id: string;
  readonly after: readonly string[];
  readonly when: When;
  readonly reason: string;
}

/** What outcomes lead to where the proposal does not say. */
export interface ImplicitEndings {
  readonly endings: readonly ImplicitEnding[];
  /** Outcomes that no `when` reads, of steps whose other outcomes are read. */
  readonly surprises: readonly { readonly stepId: string; readonly outcomes: readonly string[] }[];
  /** Steps that can have several outcomes, when no `when` reads any of them. */
  readonly unread: ReadonlySet<string>;
}

/**
 * Finds the endings that the wire form leaves to be understood.
 *
 * - One `escalate`: for every outcome that no `when` reads while others of the same step are read, and for waves in
 *   which more steps failed than may.
 * - One `end` with the way back: for such outcomes of a probe that says `onFailure: rollback`.
 * - One `end`: for the steps that nothing waits for. It runs if one of them ran and no other ending is taken. A write
 *   of which only `failed` is read needs no step to say that `done` is good.
 */
export function findImplicitEndings(steps: readonly BranchStep[], counted: readonly CountedWaves[]): ImplicitEndings {
  const read = collectReads(steps);
  // The barriers count both outcomes of a step in waves.
  const members = new Set(counted.flatMap((waves) => waves.members));
  const choosing = steps
    .map(({ step }) => step)
    .filter((step) => outcomesWhenRun(step).length > 1 && !members.has(step.id));
  const unread = new Set(choosing.filter((step) => read.get(step.id) === undefined).map((step) => step.id));
  const surprises = choosing.flatMap((step) => {
    const known = read.get(step.id);
    const outcomes =
      known === undefined ? [] : outcomesWhenRun(step).filter((outcome) => outcome !== "done" && !known.has(outcome));
    return outcomes.length === 0 ? [] : [{ stepId: step.id, outcomes }];
  });
  const taken = new Set(steps.map(({ step }) => step.id));
  const limited = counted.filter((waves) => waves.failedMax < waves.stepCount);
  const undoing = new Set(steps.flatMap(({ step }) => (rollsBack(step) ? [step.id] : [])));
  const undone = surprises.filter(({ stepId }) => undoing.has(stepId));
  const told = surprises.filter(({ stepId }) => !undoing.has(stepId));
  const escalate =
    told.length + limited.length === 0 ? [] : [implicitEscalate(told, limited, freeId("escalate", taken))];
  const back = undone.length === 0 ? [] : [implicitRollback(undone, freeId("rollback", taken))];
  const end = implicitEnd(steps, {
    read,
    others: [...otherEndings(steps), ...escalate.map((ending) => ending.id), ...back.map((ending) => ending.id)],
    id: freeId("end", taken),
  });
  return { endings: [...escalate, ...back, ...(end === undefined ? [] : [end])], surprises, unread };
}

function collectReads(steps: readonly BranchStep[]): ReadonlyMap<string, ReadonlySet<string>> {
  const byId = new Map(steps.map(({ step }) => [step.id, step]));
  const allOf = (id: string): readonly string[] => {
    const step = byId.get(id);
    return step === undefined ? [] : outcomesWhenRun(step);
  };
  const read = new Map<string, Set<string>>();
  for (const { when } of steps) {
    if (when.formula === undefined) continue;
    for (const [id, outcomes] of outcomesRead(when.formula, allOf)) {
      // A condition that asks only whether a step ran reads none of its outcomes.
      const told = [...outcomes].filter((outcome) => outcome !== notRun);
      if (told.length > 0) read.set(id, new Set([...(read.get(id) ?? []), ...told]));
    }
  }
  return read;
}

function implicitEscalate(
  surprises: ImplicitEndings["surprises"],
  counted: readonly CountedWaves[],
  id: string,
): ImplicitEnding {
  const formula = joinLogic<Formula>(
    "||",
    [...surprises.map(({ stepId, outcomes }) => hadOneOf(stepId, outcomes)), ...counted.map(givenUp)],
    0,
  );
  const after = [...surprises.map(({ stepId }) => stepId), ...counted.flatMap(({ first, passed }) => [first, passed])];
  return {
    kind: "escalate",
    world: "goal",
    id,
    after,
    when: { text: formatGuard(formula), formula },
    reason: [describeSurprises(surprises), ...describeCounted(counted)].filter((text) => text !== "").join("; or "),
  };
}

function implicitRollback(undone: ImplicitEndings["surprises"], id: string): ImplicitEnding {
  const conditions = undone.map(({ stepId, outcomes }) => hadOneOf(stepId, outcomes));
  const formula = joinLogic<Formula>("||", conditions, 0);
  return {
    kind: "end",
    world: "rollback",
    id,
    after: undone.map(({ stepId }) => stepId),
    when: { text: formatGuard(formula), formula },
    reason: "",
  };
}

/** Whether a step is a probe that asks for the way back where its answer is none that the plan foresees. */
function rollsBack({ source }: WorkStep): boolean {
  return source.kind === "probe" && source.onFailure === "rollback";
}

function describeSurprises(surprises: ImplicitEndings["surprises"]): string {
  if (surprises.length === 0) return "";
  const named = surprises
    .slice(0, 8)
    .map(({ stepId, outcomes }) => `${stepId}: ${outcomes.join(", ")}`)
    .join("; ");
  return `an answer the plan does not foresee (${named}${surprises.length > 8 ? "; …" : ""})`;
}

function describeCounted(counted: readonly CountedWaves[]): readonly string[] {
  const told = counted
    .slice(0, 8)
    .map(
      ({ of, stepCount, failedMax }) =>
        `${failedMax === 0 ? "one" : `more than ${failedMax}`} of the ${stepCount} steps of ${of} failed`,
    );
  return counted.length > 8 ? [...told, "…"] : told;
}

function implicitEnd(
  steps: readonly BranchStep[],
  options: {
    readonly read: ReadonlyMap<string, ReadonlySet<string>>;
    /** The endings at which the goal is not reached. */
    readonly others: readonly string[];
    readonly id: string;
  },
): ImplicitEnding | undefined {
  const { read, others, id } = options;
  const awaited = new Set(steps.flatMap(({ step }) => step.after));
  const last = steps.filter(({ step }) => !isEnding(step) && !awaited.has(step.id)).map(({ step }) => step.id);
  const settled = steps
    .filter(
      ({ step }) =>
        awaited.has(step.id) && read.get(step.id)?.has("failed") === true && read.get(step.id)?.has("done") === false,
    )
    .map(({ step }) => step.id);
  if (last.length + settled.length === 0) return undefined;
  const after = [...last, ...settled, ...others];
  if (after.length === 1 && settled.length === 0)
    return { kind: "end", world: "goal", id, after, when: { text: "", formula: undefined }, reason: "" };
  const certain = last.find((stepId) => isCertain(stepId, steps));
  // If one step always runs, naming the others would only make the formula longer.
  const ran =
    certain === undefined
      ? [...last.map(hasRun), ...settled.map((stepId) => hadOneOf(stepId, ["done"]))]
      : [hasRun(certain)];
  const formula = joinLogic<Formula>("&&", [joinLogic<Formula>("||", ran, 0), ...others.map(hasNotRun)], 0);
  return { kind: "end", world: "goal", id, after, when: { text: formatGuard(formula), formula }, reason: "" };
}

/** Whether a step runs on every path: neither it nor anything it waits for has a condition. */
function isCertain(id: string, steps: readonly BranchStep[]): boolean {
  const byId = new Map(steps.map((entry) => [entry.step.id, entry]));
  const open = [id];
  const seen = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const entry = byId.get(next);
    if (entry === undefined || entry.when.formula !== undefined || isEnding(entry.step)) return false;
    for (const earlier of entry.step.after) {
      if (!seen.has(earlier)) open.push(earlier);
      seen.add(earlier);
    }
  }
  return true;
}

function otherEndings(steps: readonly BranchStep[]): readonly string[] {
  return steps.filter(({ step }) => step.source.kind === "escalate" || endsInRollback(step)).map(({ step }) => step.id);
}

/** Whether a step is an `end` that asks for the way back. */
function endsInRollback({ source }: WorkStep): boolean {
  const isAsked = source.args.some(({ name, value }) => name === "world" && value.trim() === '"rollback"');
  return source.kind === "end" && isAsked;
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}_${number}`;
  return id;
}

/** Outcomes as a reader writes them in a `when`: `s1 == 'idle' && s2 == 'done'`. */
export function describeOutcomes(outcomes: readonly { readonly stepId: string; readonly outcome: string }[]): string {
  return outcomes.map(({ stepId, outcome }) => `${stepId} == ${formatText(outcome)}`).join(" && ");
}
