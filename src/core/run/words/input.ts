import type { Principal } from "../../approval/approval.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";

export type { ObservedObject } from "../../plan/compile/read-object.ts";

/**
 * What happened outside, with the time it happened. Inputs are never stored: what the kernel makes of one is, as events.
 * `runId` says whose state it concerns; `site` inputs concern none.
 */
export type Input =
  | StartInput
  | ObservedInput
  | ReplyInput
  | TickInput
  | EpochInput
  | AnswerInput
  | OperatorInput
  | ResolveInput
  | FreezeInput;

interface InputBase {
  /** Unix milliseconds; the kernel uses the greatest it has ever seen, so that a clock that jumps back revives nothing. */
  readonly atMs: number;
}

/** The one input that leads to RUNNING. Everything checked stands in it, so that the same input decides the same. */
export interface StartInput extends InputBase {
  readonly kind: "start";
  readonly runId: string;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly authorization: Authorization;
  /** The pins as they are now, observed by the driver just before. */
  readonly current: CurrentPins;
  readonly actor: Principal;
}

/** What entitles a plan to run; the driver has verified signatures, the kernel checks hash, use and time. */
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
  /** A plan without writes, permitted by policy. */
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
      }
    | { readonly kind: "failed"; readonly problem: Problem };
  /** Whether policy still permits this run's next step, and whether any pinned digest has drifted; asked with every reading before one. */
  readonly standing: Standing;
}

export type Standing = { readonly kind: "permitted" } | { readonly kind: "withdrawn"; readonly problem: Problem };

/** One try at a step: it only matches replies. `epoch` is the engine's that sent it. */
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

/** What a connector knows after one try. The distinction that matters is whether the effect may have happened. */
export type Reply =
  /** The target acknowledged. `outcome`: what the driver's classifier made of a probe's output. */
  | {
      readonly kind: "applied";
      readonly output: JsonValue;
      readonly outputBytes: number;
      readonly outcome: string | null;
    }
  /** The target says that nothing was done. */
  | { readonly kind: "rejected"; readonly problem: Problem; readonly retryable: boolean }
  /** Nothing left this machine. */
  | { readonly kind: "not_sent"; readonly problem: Problem }
  /** It was sent and no reply settles it: time-out, reset, server error, garbage, too much output. */
  | { readonly kind: "unknown"; readonly problem: Problem };

/** Time has passed, or a freeze was lifted: whatever of this run waits for either may go on. */
export interface TickInput extends InputBase {
  readonly kind: "tick";
  readonly runId: string;
}

/** A new engine took over this run: attempts of earlier epochs will get no reply here. */
export interface EpochInput extends InputBase {
  readonly kind: "epoch";
  readonly runId: string;
  readonly epoch: number;
  /** Whether the run still stands where the new engine works: what it would send again could go elsewhere by now. */
  readonly standing: Standing;
}

/** A person answers an `approve` step. */
export interface AnswerInput extends InputBase {
  readonly kind: "answer";
  readonly runId: string;
  readonly stepId: string;
  readonly answer: "approved" | "rejected";
  readonly by: Principal;
  /** May be left out: the question often says it all. */
  readonly reason?: string;
}

/** `stop`: after what is in flight; `kill`: no further command at all, the way back included; `rollback`: undo what was done. */
export interface OperatorInput extends InputBase {
  readonly kind: "stop" | "kill" | "rollback" | "close";
  readonly runId: string;
  readonly by: Principal;
  readonly reason: string;
}

/** A person settles what is in doubt, or takes over a dirty step. */
export interface ResolveInput extends InputBase {
  readonly kind: "resolve";
  readonly runId: string;
  readonly stepId: string;
  readonly as: "applied" | "not_applied" | "restored";
  readonly by: Principal;
  readonly reason: string;
}

/** `scope`: `*`, a domain's name or an object; forward intents that fall under it are refused until it is lifted. */
export interface FreezeInput extends InputBase {
  readonly kind: "freeze" | "unfreeze";
  readonly runId: null;
  readonly scope: string;
  readonly by: Principal;
  readonly reason: string;
}
