import type { Principal } from "../../approval/approval.ts";
import type { Problem } from "../../value/codes.ts";
import type { Attempt, Reply } from "./input.ts";
import type { OperationEnd, OperationTold } from "./operation.ts";

/** What happened to a long operation that a step has started. */
export type OperationEvent =
  /**
   * The call was acknowledged and has started an operation of the system's own. From here on the system is asked about
   * it, also after a crash: nothing starts it again.
   */
  | {
      readonly kind: "operation_started";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly operationId: string;
      /** When the system is asked first. */
      readonly askAtMs: number;
      /** Until when the operation may take. */
      readonly untilMs: number;
    }
  /** The system says something new of an operation that has not ended. */
  | {
      readonly kind: "operation_told";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly is: "running" | "unclear";
      readonly told: OperationTold;
      readonly askAtMs: number;
    }
  /** The system is to cancel the operation: somebody stopped the run (`by`), or it takes too long. */
  | {
      readonly kind: "operation_cancelling";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly by: Principal | null;
      readonly problem: Problem | null;
      /** Until when it may take to end. */
      readonly untilMs: number;
    }
  /** What became of one try to cancel. Whether the operation ends is for the system to say when it is asked. */
  | {
      readonly kind: "cancel_answered";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly answer: Reply["kind"];
      readonly problem: Problem | null;
      /** Whether nothing more is tried. */
      readonly isOver: boolean;
      readonly askAtMs: number;
    }
  /** The system says that the operation has ended. Its word is not enough: the target is read next (I20). */
  | {
      readonly kind: "operation_ended";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly as: OperationEnd;
      readonly told: OperationTold;
    };
