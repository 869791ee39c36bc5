import { formatGuard } from "../../guard/format-guard.ts";
import { type Formula, formatText, joinLogic, referTo } from "../../guard/formula.ts";
import type { WorkStep } from "./expand-steps.ts";
import { isEndingKind, notRun, outcomesWhenRun } from "./outcomes.ts";
import { type CountedWaves, givenUp } from "./waves.ts";
import { outcomesRead, type When } from "./when.ts";

/** A step as the branches see it: with its condition. */
export interface BranchStep {
  readonly step: WorkStep;
  readonly when: When;
}

/** An ending that the compiler adds. */
export interface ImplicitEnding {
  readonly kind: "end" | "escalate";
  readonly id: string;
  readonly after: readonly string[];
  readonly when: When;
  readonly reason: string;
}

/** What the plan's outcomes lead to where nobody says so. */
export interface ImplicitEndings {
  readonly endings: readonly ImplicitEnding[];
  /** Outcomes that no `when` reads, of steps whose other outcomes are read. */
  readonly surprises: readonly { readonly stepId: string; readonly outcomes: readonly string[] }[];
  /** Steps that can have several outcomes of which no `when` reads any. */
  readonly unread: ReadonlySet<string>;
}

/**
 * Adds the endings that the wire form leaves to be understood. An outcome no `when` reads, of a step whose other outcomes are
 * read, leads to one `escalate`. Steps nobody waits for lead to one `end`, which runs if one of them ran and nothing escalates;
 * a write whose `failed` alone is read needs no step to say that being done is well. Waves of which more failed than may lead to the
 * same `escalate`, so that there is one and only one.
 */
export function addImplicitEndings(
  steps: readonly BranchStep[],
  counted: readonly CountedWaves[] = [],
): ImplicitEndings {
  const read = collectReads(steps);
  // Both outcomes of a step in waves are counted by the barriers.
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
  const escalate =
    surprises.length + limited.length === 0 ? [] : [implicitEscalate(surprises, limited, freeId("escalate", taken))];
  const end = implicitEnd(steps, {
    read,
    escalates: [...endingsOf(steps, "escalate"), ...escalate.map((ending) => ending.id)],
    id: freeId("end", taken),
  });
  return { endings: [...escalate, ...(end === undefined ? [] : [end])], surprises, unread };
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
      // Asking only whether a step ran reads none of its outcomes.
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
    [...surprises.map(({ stepId, outcomes }) => isOneOf(stepId, outcomes)), ...counted.map(givenUp)],
    0,
  );
  const after = [...surprises.map(({ stepId }) => stepId), ...counted.flatMap(({ first, passed }) => [first, passed])];
  return {
    kind: "escalate",
    id,
    after,
    when: { text: formatGuard(formula), formula },
    reason: [describeSurprises(surprises), ...describeCounted(counted)].filter((text) => text !== "").join("; or "),
  };
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
    readonly escalates: readonly string[];
    readonly id: string;
  },
): ImplicitEnding | undefined {
  const { read, escalates, id } = options;
  const awaited = new Set(steps.flatMap(({ step }) => step.after));
  const last = steps
    .filter(({ step }) => !isEndingKind(step.source.kind) && !awaited.has(step.id))
    .map(({ step }) => step.id);
  const settled = steps
    .filter(
      ({ step }) =>
        awaited.has(step.id) && read.get(step.id)?.has("failed") === true && read.get(step.id)?.has("done") === false,
    )
    .map(({ step }) => step.id);
  if (last.length + settled.length === 0) return undefined;
  const after = [...last, ...settled, ...escalates];
  if (after.length === 1 && settled.length === 0)
    return { kind: "end", id, after, when: { text: "", formula: undefined }, reason: "" };
  const certain = last.find((stepId) => isCertain(stepId, steps));
  // One step that always runs decides the question; naming the others would only make the formula long.
  const ran =
    certain === undefined
      ? [...last.map(hasRun), ...settled.map((stepId) => isOneOf(stepId, ["done"]))]
      : [hasRun(certain)];
  const formula = joinLogic<Formula>(
    "&&",
    [joinLogic<Formula>("||", ran, 0), ...escalates.map((stepId) => isOneOf(stepId, [notRun]))],
    0,
  );
  return { kind: "end", id, after, when: { text: formatGuard(formula), formula }, reason: "" };
}

/** Whether a step runs on every path: it has no condition, and what it waits for has none either. */
function isCertain(id: string, steps: readonly BranchStep[]): boolean {
  const byId = new Map(steps.map((entry) => [entry.step.id, entry]));
  const open = [id];
  const seen = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const entry = byId.get(next);
    if (entry === undefined || entry.when.formula !== undefined || isEndingKind(entry.step.source.kind)) return false;
    for (const earlier of entry.step.after) {
      if (!seen.has(earlier)) open.push(earlier);
      seen.add(earlier);
    }
  }
  return true;
}

function endingsOf(steps: readonly BranchStep[], kind: "escalate" | "end"): readonly string[] {
  return steps.filter(({ step }) => step.source.kind === kind).map(({ step }) => step.id);
}

function isOneOf(stepId: string, outcomes: readonly string[]): Formula {
  const element = referTo([stepId], 0);
  const constants = outcomes.map((value) => ({ kind: "constant" as const, value, column: 0 }));
  const [only] = constants;
  if (only !== undefined && constants.length === 1)
    return { kind: "comparison", operator: "==", left: element, right: only, column: 0 };
  return { kind: "membership", element, items: constants, column: 0 };
}

function hasRun(stepId: string): Formula {
  return {
    kind: "comparison",
    operator: "!=",
    left: referTo([stepId], 0),
    right: { kind: "constant", value: notRun, column: 0 },
    column: 0,
  };
}

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}_${number}`;
  return id;
}

/** A witness for people: `s1 == 'idle', s2 == 'done'`. */
export function describeOutcomes(outcomes: readonly { readonly stepId: string; readonly outcome: string }[]): string {
  return outcomes.map(({ stepId, outcome }) => `${stepId} == ${formatText(outcome)}`).join(" && ");
}
