import type { CallStep, Compensation, ThenRun } from "../plan.ts";

/** Every write that the way back of a step makes, in their order: the undo itself, then what runs after it. */
export function undoCallsOf({ compensation }: Pick<CallStep, "compensation">): readonly (Compensation | ThenRun)[] {
  return compensation === null ? [] : [compensation, ...(compensation.thenRun ?? [])];
}

/** What runs once a step is undone, in this order. */
export function thenRunsOf({ compensation }: Pick<CallStep, "compensation">): readonly ThenRun[] {
  return compensation?.thenRun ?? [];
}

/** What the log, commands and people call an action after an undo. No step of a proposal has a point in its id. */
export function thenStepId(stepId: string, position: number): string {
  return `${stepId}.then${position + 1}`;
}

/**
 * What runs once a step is undone, as steps: each is a write that is never made on the way forth, and whose way back is
 * what it does.
 */
export function thenStepsOf(step: CallStep): readonly CallStep[] {
  return thenRunsOf(step).map((next, position): CallStep => {
    const { target, locks, covers: _covers, ...undo } = next;
    return {
      ...neverForward,
      id: thenStepId(step.id, position),
      action: undo.action,
      actionDigest: undo.actionDigest,
      class: step.class,
      idempotency: undo.idempotency,
      target,
      call: undo.call,
      reads: undo.reads,
      fenced: undo.fenced,
      compensation: undo,
      locks,
      landsWithinMs: undo.landsWithinMs,
      retry: undo.retry,
    };
  });
}

const neverForward = {
  kind: "act",
  purpose: "",
  after: [],
  when: "",
  args: [],
  output: [],
  outcomes: [],
  pre: "",
  during: [],
  effect: [],
  post: null,
  cooldownMs: 0,
  rate: null,
  costUsd: 0,
  onFailure: "rollback",
} as const;
