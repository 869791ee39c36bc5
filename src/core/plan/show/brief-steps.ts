import { nameStep } from "../../value/step-name.ts";
import { describeDuration } from "../../value/units.ts";
import { isCallStep } from "../kinds/index.ts";
import { thenStepsOf } from "../kinds/undo-calls.ts";
import type { Plan, PlanStep, StepKind, WavePlace } from "../plan.ts";
import { type LeadsTo, questionOf } from "./leads-to.ts";
import { waveName } from "./review-step.ts";

/** A step of a plan as people are told of it while the plan runs. */
export interface StepBrief {
  readonly id: string;
  readonly kind: StepKind;
  /** What it does, to what, and its id: `config.set on config/c11 (raise_3)`. */
  readonly name: string;
  /** Its place among the waves of a fleet; `null` elsewhere. */
  readonly wave: WavePlace | null;
  /** The proposed step whose waves it only keeps apart; `null` for a step that does or asks something. */
  readonly between: string | null;
  /** For a question, what each answer leads to; `null` for other steps. */
  readonly leadsTo: readonly AnswerBrief[] | null;
}

/** What one answer to a question leads to, as people are told of it. */
export interface AnswerBrief {
  readonly answer: LeadsTo["answer"];
  readonly steps: readonly (LeadsTo["steps"][number] & { readonly name: string; readonly irreversible: boolean })[];
}

/** The steps of a plan as people are told of them, in its order, and behind them what runs after undos. */
export function briefSteps(plan: Plan): readonly StepBrief[] {
  const waves = waveCounts(plan);
  return [...plan.steps, ...plan.steps.filter(isCallStep).flatMap(thenStepsOf)].map((step) => ({
    id: step.id,
    kind: step.kind,
    name: nameOf(step, waves),
    wave: isCallStep(step) ? (step.wave ?? null) : null,
    between: barrierOf(step, waves)?.of ?? null,
    leadsTo: briefAnswers(plan, step.id),
  }));
}

/** What each answer to a step's question leads to; `null` if the plan has no such step, or it asks nothing. */
export function briefAnswers(plan: Plan, stepId: string): readonly AnswerBrief[] | null {
  const asked = questionOf(plan, stepId);
  if (asked === null) return null;
  const names = stepNames(plan);
  const told = new Map(
    plan.steps.map((step, index) => [
      step.id,
      { name: names[index] ?? step.id, irreversible: isCallStep(step) && step.class === "irreversible" },
    ]),
  );
  return asked.leadsTo.map(({ answer, steps }) => ({
    answer,
    steps: steps.map((step) => ({ ...step, ...(told.get(step.id) ?? { name: step.id, irreversible: false }) })),
  }));
}

/** What people call each step of a plan, in its order. */
export function stepNames(plan: Plan): readonly string[] {
  return plan.steps.map(stepNamer(plan));
}

/** What people call a step of a plan. */
export function stepNamer(plan: Plan): (step: PlanStep) => string {
  const waves = waveCounts(plan);
  return (step) => nameOf(step, waves);
}

function nameOf(step: PlanStep, waves: ReadonlyMap<string, number>): string {
  const between = barrierOf(step, waves);
  if (between !== null) return between.name;
  switch (step.kind) {
    case "act":
    case "probe":
      return nameStep(step);
    case "wait":
      return nameStep({ id: step.id, action: `a pause of ${describeDuration(step.forMs)}`, target: null });
    case "approve":
      return nameStep({ id: step.id, action: "a question", target: null });
    case "escalate":
      return nameStep({ id: step.id, action: "the escalation", target: null });
    case "end":
      return nameStep({ id: step.id, action: "the end", target: null });
  }
}

/** How many waves each proposed step of a fleet has. */
function waveCounts(plan: Plan): ReadonlyMap<string, number> {
  return new Map(
    plan.steps.flatMap((step) =>
      isCallStep(step) && step.wave !== undefined ? [[step.wave.of, step.wave.count]] : [],
    ),
  );
}

/** The fleet between whose waves a pause of no length stands, and what people call the pause. */
function barrierOf(
  step: PlanStep,
  waves: ReadonlyMap<string, number>,
): { readonly of: string; readonly name: string } | null {
  const parts = step.kind === "wait" ? /^(.+)_wave(?:(\d+)|s)$/.exec(step.id) : null;
  const of = parts?.[1] ?? "";
  const count = waves.get(of);
  if (parts === null || count === undefined) return null;
  const number = parts[2];
  return {
    of,
    name: number === undefined ? `the waves of ${of}` : `${waveName({ number: Number(number), count })} of ${of}`,
  };
}
