import type { Principal, SignedEnvelope } from "../../approval/approval.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { StopCause } from "./asked.ts";

/**
 * What happened outside, and when. Inputs are never stored; the events the kernel makes of them are. `runId` says which
 * run's state is concerned; it is null for an input that concerns the site alone.
 */
export type Input =
  | StartInput
  | ObservedInput
  | ReplyInput
  | AskedInput
  | TickInput
  | EpochInput
  | AnswerInput
  | OperatorInput
  | ResolveInput
  | FreezeInput
  | AnchorInput;

interface InputBase {
  /**
   * Unix milliseconds. The kernel uses the greatest time it has ever seen, so a clock that jumps back revives nothing.
   */
  readonly atMs: number;
}

/**
 * The one input that leads to RUNNING. It carries everything that is checked, so the same input always decides the
 * same.
 */
export interface StartInput extends InputBase {
  readonly kind: "start";
  readonly runId: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly authorization: Authorization;
  /** The pins as they are now: the driver observed them just before. */
  readonly current: CurrentPins;
  readonly actor: Principal;
}

/** What entitles a plan to run. The driver has verified the signatures; the kernel checks hash, single use and time. */
export type Authorization =
  | {
      readonly kind: "approval";
      readonly approvalId: string;
      readonly planHash: Digest;
      readonly principal: Principal;
      readonly expiresAtMs: number;
      readonly attended: boolean;
      readonly solo: boolean;
    }
  | {
      readonly kind: "grant";
      readonly grantId: string;
      readonly planHash: Digest;
      readonly expiresAtMs: number;
      readonly attended: boolean;
      readonly solo: boolean;
    }
  /** Policy permits this plan, which writes nothing. */
  | { readonly kind: "read_only"; readonly policies: Digest | null };

/** The pins of a plan as they are now, and its objects as read now. */
export interface CurrentPins {
  readonly domain: Digest;
  readonly pack: Digest | null;
  readonly connections: Digest;
  readonly policies: Digest | null;
  readonly situation: Digest | null;
  readonly evidence: Digest | null;
  readonly engine: string;
  readonly targets: readonly ObservedObject[];
}

/** Answers an `observe` command. */
export interface ObservedInput extends InputBase {
  readonly kind: "observed";
  readonly runId: string;
  readonly commandId: string;
  readonly result:
    | {
        readonly kind: "seen";
        readonly objects: readonly ObservedObject[];
        /** How long `expect` has held without a break, on the driver's monotonic clock. */
        readonly heldMs: number;
        /** From the driver first getting the command to the start of the reading given here, on its monotonic clock. */
        readonly waitedMs: number;
        /** What the last reading showed in which `expect` held, if that was an earlier one. Absent if there is none. */
        readonly held?: readonly ObservedObject[];
      }
    | { readonly kind: "failed"; readonly problem: Problem };
  /**
   * Whether policy still permits the run's next step and no pinned digest has drifted. The driver asks this with every
   * reading before a step.
   */
  readonly standing: Standing;
}

export type Standing = { readonly kind: "permitted" } | { readonly kind: "withdrawn"; readonly problem: Problem };

/** One try at a step; it serves only to match replies. `epoch` belongs to the engine that sent it. */
export interface Attempt {
  readonly runId: string;
  readonly stepId: string;
  readonly direction: "do" | "undo";
  /** 1-based. */
  readonly n: number;
  readonly epoch: number;
}

/** Answers a `send` command. */
export interface ReplyInput extends InputBase {
  readonly kind: "reply";
  readonly runId: string;
  readonly attempt: Attempt;
  readonly reply: Reply;
}

/**
 * Answers an `ask` command: the reply to the last question about an operation, or to the try to cancel it. `commandId`
 * is that of the command.
 */
export interface AskedInput extends InputBase {
  readonly kind: "asked";
  readonly runId: string;
  readonly commandId: string;
  readonly reply: Reply;
}

/** What a connector knows after one try. What matters is whether the effect may have happened. */
export type Reply =
  /** The target acknowledged. `outcome` is what the driver's classifier made of a probe's output. */
  | ({
      readonly kind: "applied";
      readonly output: JsonValue;
      readonly outputBytes: number;
      readonly outcome: string | null;
    } & RetryAfter)
  /** The target says that nothing was done. */
  | ({
      readonly kind: "rejected";
      readonly problem: Problem;
      readonly retryable: boolean;
      readonly output?: JsonValue;
    } & RetryAfter)
  /** Nothing left this machine. */
  | { readonly kind: "not_sent"; readonly problem: Problem }
  /**
   * It was sent, and no reply settles it: time-out, reset, server error, garbage, too much output. `output` is what it
   * gave before that. If there is one, it had begun, and may have done more than its action declares.
   */
  | ({ readonly kind: "unknown"; readonly problem: Problem; readonly output?: JsonValue } & RetryAfter);

/** When the target wants to be asked again. */
export interface RetryAfter {
  /** In milliseconds, from the reply on. Absent if it did not say. The next try then waits for the plan's own pause. */
  readonly retryAfterMs?: number;
}

/** Time has passed, or a freeze was lifted. Steps of this run that wait for either may go on. */
interface TickInput extends InputBase {
  readonly kind: "tick";
  readonly runId: string;
}

/** A new engine took over this run. Attempts of earlier epochs get no reply here. */
export interface EpochInput extends InputBase {
  readonly kind: "epoch";
  readonly runId: string;
  readonly epoch: number;
  /** Whether the run may go on under the new engine: the same key, sent again, could reach another target by now. */
  readonly standing: Standing;
}

/** A person answers an `approve` step. */
export interface AnswerInput extends InputBase {
  readonly kind: "answer";
  readonly runId: string;
  readonly stepId: string;
  readonly answer: "approved" | "rejected";
  readonly by: Principal;
  /** Optional, because the question often says it all. */
  readonly reason?: string;
  /** The answer as the person signed it. The owner has verified it; the kernel notes its digest. */
  readonly signed?: SignedEnvelope;
}

/**
 * `stop` ends the run after what is in flight; `rollback` undoes what was done; `kill` permits no further command at
 * all, not even the way back; `close` ends a dirty or killed run on a person's word.
 */
export type OperatorInput = StopInput | TurnInput;

interface StopInput extends InputBase {
  readonly kind: "stop";
  readonly runId: string;
  readonly by: Principal;
  readonly reason: string;
  /** Why, where it is nobody's word. `by` is then the one in whose name the process ran. */
  readonly cause?: StopCause;
}

interface TurnInput extends InputBase {
  readonly kind: "kill" | "rollback" | "close";
  readonly runId: string;
  readonly by: Principal;
  readonly reason: string;
}

/** A person settles a doubt, or takes over a dirty step. */
export interface ResolveInput extends InputBase {
  readonly kind: "resolve";
  readonly runId: string;
  readonly stepId: string;
  readonly as: "applied" | "not_applied" | "restored";
  readonly by: Principal;
  readonly reason: string;
}

/**
 * `scope` is `*`, a domain's name, an object or a lock. Forward writes under it are held until the freeze is lifted.
 */
export interface FreezeInput extends InputBase {
  readonly kind: "freeze" | "unfreeze";
  readonly runId: null;
  readonly scope: string;
  readonly by: Principal;
  readonly reason: string;
}

/**
 * A person accepts that the log's time is `leadMs` ahead of this machine's clock. From then on the log's time is the
 * clock's plus that lead, so that it passes at the clock's pace and never goes back.
 */
export interface AnchorInput extends InputBase {
  readonly kind: "anchor";
  readonly runId: null;
  /** Whole milliseconds. The driver measures it. */
  readonly leadMs: number;
  readonly by: Principal;
  readonly reason: string;
}
