import type { PlanOperation } from "../../plan/plan.ts";

/** How the system said that an operation ended. */
export type OperationEnd = "succeeded" | "failed" | "cancelled";

/** What the system says of an operation. All of it is the system's own text, bounded. */
export interface OperationTold {
  /** The word for its status; `null` where the answer has none. */
  readonly status: string | null;
  /** Whole percent; `null` where nothing is said, or nothing that can be read. */
  readonly progress: number | null;
  readonly says: string | null;
}

/** What one answer means. `unclear`: its word is none that the plan declares, so that nothing follows from it. */
export interface OperationReading {
  readonly is: "running" | "unclear" | OperationEnd;
  readonly told: OperationTold;
}

/** What a run knows of an operation that one of its efforts started. */
export interface OperationState {
  /** As the system gave it. */
  readonly id: string;
  readonly startedAtMs: number;
  /** Unix milliseconds before which the system is not asked again. */
  readonly askAtMs: number;
  /** Until when it may go on before something follows: its own time, or the time that a cancellation may take. */
  readonly untilMs: number;
  /** What the system said last while it had not ended; `null` while nothing was heard. */
  readonly last: OperationReading | null;
  /** `null` while nobody wants it to stop. */
  readonly cancel: OperationCancel | null;
  /** How it ended, and what the system said then. */
  readonly ended: { readonly as: OperationEnd; readonly told: OperationTold } | null;
}

/** That an operation is to be cancelled. */
export interface OperationCancel {
  readonly triedCount: number;
  /** Whether the system took the word or refused it for good: it is not told again. */
  readonly isOver: boolean;
}

/** Whether an operation was started and has not ended, as far as the system says. */
export function isUnderWay(operation: OperationState | undefined): operation is OperationState {
  return operation !== undefined && operation.ended === null;
}

/** Whether an operation ended otherwise than it should. */
export function hasEndedBadly(operation: OperationState | undefined): boolean {
  return operation !== undefined && operation.ended !== null && operation.ended.as !== "succeeded";
}

/** The part of a plan's operation that says how an answer is read. */
export type AnswerRule = Pick<
  PlanOperation,
  "status" | "running" | "succeeded" | "failed" | "cancelled" | "error" | "progress" | "says"
>;
