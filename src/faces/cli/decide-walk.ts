import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { firstMoveOf, type Observation, type Policy } from "../../core/belief/policy.ts";
import { outcomeIdsOf, reservedOutcomes, type Situation } from "../../core/belief/situation/situation.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import type { CliContext } from "./context.ts";
import { reportProblems } from "./report.ts";

/** Asks what a step answered; `null` when the person stops. Tests give another one. */
export type AskOutcome = (question: string, outcomes: readonly string[]) => Promise<string | null>;

/** Lets a person walk the policy: what each probe answered, what is believed then, and what comes next. */
export async function walkDecision(
  context: CliContext,
  situation: Situation,
  ask: AskOutcome = askInTerminal,
): Promise<void> {
  const observations: Observation[] = [];
  for (;;) {
    const after = decideAfter(situation, observations);
    if (!after.ok) {
      reportProblems(context, after.error);
      return;
    }
    const next = nextMove(after.value);
    if (next === null || next.kind === "commit") {
      context.err(`${describeEnd(after.value, next)}\n`);
      return;
    }
    const outcome = await ask(
      `what did ${escapeForTerminal(next.step)} answer?`,
      outcomesOf(after.value.situation, next.step),
    );
    if (outcome === null) return;
    if (outcome === "fixed") {
      context.err("fixed: the matter is settled\n");
      return;
    }
    observations.push({ step: next.step, outcome });
    if (isReserved(outcome)) {
      context.err(
        `no usable answer: the policy hands over with ${escapeForTerminal(situation.escalation ?? "a person")}\n`,
      );
      return;
    }
    showBelief(context, situation, observations);
  }
}

function nextMove({ decision }: DecisionAfter): Policy | null {
  return decision.kind === "decided" ? decision.chosen.policy : null;
}

function outcomesOf(situation: Situation, stepId: string): readonly string[] {
  const step = situation.steps.find((candidate) => candidate.id === stepId);
  if (step === undefined) return [];
  return step.kind === "try" ? ["fixed", "not_fixed"] : [...outcomeIdsOf(step), ...reservedOutcomes];
}

function isReserved(outcome: string): boolean {
  return reservedOutcomes.some((reserved) => reserved === outcome);
}

function showBelief(context: CliContext, situation: Situation, observations: readonly Observation[]): void {
  const after = decideAfter(situation, observations);
  if (!after.ok) return;
  const before = after.value.beliefs.at(-2) ?? null;
  context.err(`${drawBelief(situation, { before, after: after.value.beliefs.at(-1) ?? [] }).join("\n")}\n`);
}

function describeEnd(after: DecisionAfter, move: Policy | null): string {
  if (move === null) return "nothing keeps the limit from here: a person must take over";
  const response = after.situation.responses.find((candidate) => candidate.id === firstMoveOf(move));
  return `${response?.kind === "escalate" ? "hand over with" : "do"} ${escapeForTerminal(firstMoveOf(move))}`;
}

async function askInTerminal(question: string, outcomes: readonly string[]): Promise<string | null> {
  const { isCancel, select } = await import("@clack/prompts");
  const stop = "(stop here)";
  const answer = await select({
    message: question,
    options: [...outcomes, stop].map((value) => ({ value, label: escapeForTerminal(value) })),
    // Data goes to stdout; questions go where diagnostics go.
    output: process.stderr,
  });
  return isCancel(answer) || answer === stop ? null : String(answer);
}
