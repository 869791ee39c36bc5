// What the interpreter of harm has to know of a plan's steps before it carries any of them out: which comes behind
// which, and which of their outcomes the plan foresees.
import { evaluate, type Guard, type Value } from "./guard.ts";
import { Meaningless, type Step } from "./steps.ts";

/** The outcome of a step whose condition was false. */
export const notRun = "not_run";

const silences = ["none_of_these", "no_answer"];

/** The steps of a plan by their place. */
export interface Layout {
  readonly steps: readonly Step[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** The steps that each one waits for, directly or not. */
  readonly ancestors: readonly ReadonlySet<number>[];
  /** The outcomes that each one can have; one alone where nobody reads them. */
  readonly outcomes: readonly (readonly string[])[];
  /** The outcomes that nobody planned for: they hand the run over to a person. */
  readonly surprises: readonly ReadonlySet<string>[];
  /** Steps whose failure is read by a later step, and whose success is not. */
  readonly isDoneUnread: ReadonlySet<string>;
}

/** Lays a plan out. Throws `Meaningless` where an answer or a failure is asked for and nobody reads it. */
export function layOut(steps: readonly Step[]): Layout {
  const indexOf = new Map(steps.map((step, index) => [step.id, index]));
  const ancestors: Set<number>[] = [];
  for (const step of steps) {
    const direct = step.after.flatMap((id) => indexOf.get(id) ?? []);
    ancestors.push(new Set([...direct, ...direct.flatMap((index) => [...(ancestors[index] ?? [])])]));
  }
  const read = new Map<string, Set<string>>();
  const outcomesOf = (id: string): readonly string[] => steps[indexOf.get(id) ?? -1]?.outcomes ?? [];
  for (const { when } of steps) if (when !== null) collectRead(when, { isNegated: false, outcomesOf, read });
  const counted = new Set(steps.flatMap((step) => step.counts?.members ?? []));
  const outcomes: (readonly string[])[] = [];
  const surprises: Set<string>[] = [];
  for (const step of steps) {
    const told = read.get(step.id) ?? new Set<string>();
    const isUnread = step.outcomes.length > 1 && told.size === 0 && !counted.has(step.id);
    if (isUnread && (step.kind === "approve" || step.isWrite || step.outcomes.includes("failed")))
      throw new Meaningless(`nobody reads what comes of \`${step.id}\``);
    outcomes.push(isUnread ? ["done"] : step.outcomes);
    const isWatched = !isUnread && told.size > 0 && !counted.has(step.id);
    surprises.push(new Set(isWatched ? step.outcomes.filter((name) => name !== "done" && !told.has(name)) : []));
  }
  const isDoneUnread = new Set(
    [...read].filter(([, told]) => told.has("failed") && !told.has("done")).map(([id]) => id),
  );
  return { steps, indexOf, ancestors, outcomes, surprises, isDoneUnread };
}

function collectRead(
  guard: Guard,
  from: {
    readonly isNegated: boolean;
    readonly outcomesOf: (id: string) => readonly string[];
    readonly read: Map<string, Set<string>>;
  },
): void {
  if (guard.kind === "not") collectRead(guard.part, { ...from, isNegated: !from.isNegated });
  if (guard.kind === "and" || guard.kind === "or") for (const part of guard.parts) collectRead(part, from);
  if ((guard.kind !== "compare" && guard.kind !== "in") || guard.left.kind !== "path") return;
  const [id = ""] = guard.left.path;
  const items = guard.kind === "in" ? guard.items : [guard.right];
  const named = items.flatMap((item) => (item.kind === "value" ? [item.value] : []));
  // A condition that asks only whether a step ran reads none of its outcomes.
  if (named.every((name) => name === notRun)) return;
  const isExcluding = (guard.kind === "compare" && guard.operator === "!=") !== from.isNegated;
  const told = from.outcomesOf(id).filter((name) => named.includes(name) !== isExcluding);
  from.read.set(id, new Set([...(from.read.get(id) ?? []), ...told]));
}

/** Whether a step runs once everything that it waits for is over. */
export function runs(layout: Layout, index: number, stages: readonly string[]): boolean {
  const step = layout.steps[index];
  if (step === undefined) return false;
  const stageOf = (id: string): string => stages[layout.indexOf.get(id) ?? -1] ?? notRun;
  if (step.counts !== null) {
    const ended = step.counts.members.map(stageOf);
    return !ended.includes(notRun) && ended.filter((stage) => stage === "failed").length <= step.counts.failedMax;
  }
  if (step.when === null) return step.after.every((id) => stageOf(id) !== notRun);
  return evaluate(step.when, ([id = ""]): Value => stageOf(id)) === true;
}

/**
 * Why a write would be sent because of a no or a silence; `null` if it is not. A question on the way to it must have
 * been answered `approved`, or not asked. Of probes that said nothing it must be independent: it would be sent whatever
 * they had said.
 */
export function silenceBehind(layout: Layout, index: number, stages: readonly string[]): string | null {
  const behind = [...(layout.ancestors[index] ?? [])].sort((left, right) => left - right);
  for (const at of behind) {
    const stage = stages[at] ?? notRun;
    const isAsked = layout.steps[at]?.kind === "approve" && stage !== notRun;
    if (isAsked && stage !== "approved") return `\`${layout.steps[at]?.id}\` was answered \`${stage}\``;
  }
  const silent = behind.filter((at) => silences.includes(stages[at] ?? notRun));
  const [first] = silent;
  if (first === undefined || alwaysRuns({ layout, behind, silent, index, stages }, 0, [])) return null;
  return `\`${layout.steps[first]?.id}\` was answered \`${stages[first]}\``;
}

interface Supposed {
  readonly layout: Layout;
  readonly behind: readonly number[];
  readonly silent: readonly number[];
  readonly index: number;
  readonly stages: readonly string[];
}

/** Whether the step runs for every answer of the silent probes, and of whatever else those answers lead to. */
function alwaysRuns(from: Supposed, place: number, supposed: readonly string[]): boolean {
  const { layout, behind, silent, index, stages } = from;
  const at = behind[place];
  if (at === undefined) return runs(layout, index, supposed);
  const next = (outcome: string): boolean => {
    const changed = [...supposed];
    changed[at] = outcome;
    return alwaysRuns(from, place + 1, changed);
  };
  if (!runs(layout, at, supposed)) return next(notRun);
  const said = stages[at] ?? notRun;
  if (said !== notRun && !silent.includes(at)) return next(said);
  return (layout.outcomes[at] ?? []).every(next);
}
