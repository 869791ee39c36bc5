import { isCallStep } from "../plan/kinds/index.ts";
import { thenRunsOf, undoCallsOf } from "../plan/kinds/undo-calls.ts";
import type { CallStep, Plan } from "../plan/plan.ts";
import { type Problem, problem } from "../value/codes.ts";
import { quote } from "../value/text.ts";
import type { Envelope } from "./approval.ts";

/** What the plans that already ran under an envelope have used of it. */
export interface EnvelopeUse {
  readonly writeCount: number;
  readonly costUsd: number;
}

/** Whether a plan's worst case fits what is left of an envelope (I2): each effect and compensation, and the sums. */
export function checkEnvelope(plan: Plan, envelope: Envelope, used: EnvelopeUse): readonly Problem[] {
  const problems: Problem[] = [];
  if (plan.domain.name !== envelope.domain)
    problems.push(outside("/domain", `the grant is for the domain ${quote(envelope.domain)}`));
  plan.steps.forEach((step, index) => {
    if (isCallStep(step)) problems.push(...checkStep(step, envelope, `/steps/${index}`));
  });
  if (used.writeCount + plan.bounds.writeCount > envelope.writeCountMax)
    problems.push(
      outside(
        "/bounds/writeCount",
        `${plan.bounds.writeCount} writes are more than the ${envelope.writeCountMax - used.writeCount} left`,
      ),
    );
  if (used.costUsd + plan.bounds.costUsd > envelope.costUsdMax)
    problems.push(outside("/bounds/costUsd", `it may cost more than is left of the grant`));
  if (plan.bounds.durationMs > envelope.durationMsMax)
    problems.push(
      outside(
        "/bounds/durationMs",
        `it may take ${plan.bounds.durationMs} ms, the grant permits ${envelope.durationMsMax}`,
      ),
    );
  return problems;
}

function checkStep(step: CallStep, envelope: Envelope, pointer: string): readonly Problem[] {
  if (step.class === "read") return [];
  const problems: Problem[] = [];
  for (const action of new Set([step.action, ...undoCallsOf(step).map((call) => call.action)])) {
    if (!envelope.actions.includes(action))
      problems.push(outside(pointer, `the action ${quote(action)} is not in the grant`));
  }
  for (const target of new Set([step.target, ...thenRunsOf(step).map((next) => next.target)])) {
    if (!isTargetIn(target, envelope.targets))
      problems.push(outside(pointer, `the target ${quote(target ?? "the domain")} is not in the grant`));
  }
  if (step.class === "irreversible" && !envelope.irreversible)
    problems.push(outside(pointer, "the grant permits no irreversible step"));
  return problems;
}

function isTargetIn(target: string | null, permitted: readonly string[]): boolean {
  if (target === null) return false;
  const type = target.slice(0, target.indexOf("/"));
  return permitted.includes(target) || permitted.includes(`${type}/*`);
}

function outside(pointer: string, message: string): Problem {
  return problem("E_ENVELOPE", pointer, message);
}
