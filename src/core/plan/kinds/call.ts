import type { Bounds, CallStep, ObjectRef } from "../plan.ts";
import { cancelTriesMax, observeBytes, observeMs } from "./cost.ts";
import { callStep } from "./read-step.ts";
import type { KindRules } from "./step-kind.ts";
import { undoCallsOf } from "./undo-calls.ts";

/** What all kinds that call a connector have in common. */
export const callRules = {
  isEnding: false,
  asksPerson: false,
  parameters: [],
  optional: [],
  cost,
  reads,
  read: callStep,
  guards: (step) => [step.pre, step.post?.expect ?? ""],
  title: (step) => `${step.action}${step.target === null ? "" : ` ${step.target}`}`,
  details: () => [],
  shape: (step) => (step.class === "read" ? "read" : step.class === "irreversible" ? "irreversible" : "write"),
} satisfies Partial<KindRules<CallStep>>;

/**
 * Counts every attempt, repeats every reading until its time is up, and runs nothing in parallel. The way back is not
 * counted, because no budget may keep a run from undoing (I24).
 */
function cost(step: CallStep): Bounds {
  const { attemptsMax, backoffMs } = step.retry;
  const { post } = step;
  const rounds = post === null ? 0 : Math.ceil((post.withinMs + post.holdMs) / post.everyMs) + 1;
  const readCount = attemptsMax * step.reads.length + rounds * (post?.reads.length ?? 0);
  // The pause doubles from one attempt to the next.
  const pausesMs = backoffMs * (2 ** (attemptsMax - 1) - 1);
  const attemptMs = step.call.timeoutMs + observeMs(step.reads);
  const { asksMax, waitMs } = operationCost(step);
  const askBytesMax = step.operation?.ask.outputBytesMax ?? 0;
  const provingMs = post === null ? 0 : post.withinMs + post.holdMs + observeMs(post.reads);
  return {
    stepCount: 1,
    writeCount: step.class === "read" ? 0 : 1,
    callCount: attemptsMax + readCount + asksMax,
    outputBytes:
      attemptsMax * step.call.outputBytesMax + readCount * observeBytes + asksMax * Math.min(askBytesMax, observeBytes),
    costUsd: attemptsMax * step.costUsd,
    durationMs: attemptsMax * attemptMs + pausesMs + waitMs + provingMs + step.cooldownMs + (step.landsWithinMs ?? 0),
  };
}

/** The questions about an operation until it must have ended, and the tries to cancel it. */
function operationCost({ operation }: CallStep): { readonly asksMax: number; readonly waitMs: number } {
  if (operation === undefined) return { asksMax: 0, waitMs: 0 };
  const { ask, cancel, everyMs, withinMs } = operation;
  const cancelMs = cancel === null ? 0 : cancel.withinMs + cancelTriesMax * (cancel.call.timeoutMs + everyMs);
  const waitMs = withinMs + cancelMs + ask.timeoutMs;
  return { asksMax: Math.ceil(waitMs / everyMs) + 1 + (cancel === null ? 0 : cancelTriesMax), waitMs };
}

function reads(step: CallStep): readonly ObjectRef[] {
  return [
    ...step.reads,
    ...(step.target === null ? [] : [step.target]),
    ...(step.post?.reads ?? []),
    ...undoCallsOf(step).flatMap((call) => call.reads),
  ];
}
