import type { Principal } from "../../approval/approval.ts";
import type { FactValue } from "../../domain/domain.ts";
import type { ObservedObject } from "../../plan/compile/read-object.ts";
import type { Fact, ObjectRef } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { IncidentEvent } from "./incident-event.ts";
import type { Attempt, Authorization } from "./input.ts";
import type { NotificationEvent } from "./notification-event.ts";
import type { OperationEvent } from "./operation-event.ts";

/**
 * What we record. All events of one decision go into one commit. An event holds the results of guards, digests and
 * clock comparisons: `apply` evaluates nothing, so a log of any release folds under every later one. A run folds its
 * own events. The site folds some of them too, for locks, used approvals, grants and cooldowns.
 */
export type Event = RunEvent | SiteEvent;

/** What happened to one run. `runId` names it. */
export type RunEvent =
  | {
      readonly kind: "run_started";
      readonly runId: string;
      readonly planHash: Digest;
      readonly authorization: Authorization;
      readonly actor: Principal;
      /** The person to ask when the run cannot go on by itself. */
      readonly owner: string;
      /** Sorted; all of them or none (I5). */
      readonly locks: readonly string[];
      /**
       * The pinned targets as the driver saw them. A write's target is compared with these until our first verified
       * write.
       */
      readonly baseline: readonly ObservedObject[];
      /** The worst case, reserved from the grant; `null` when the run uses no grant. */
      readonly reserved: { readonly grantId: string; readonly writeCount: number; readonly costUsd: number } | null;
      /** When the time budget of the whole run ends. */
      readonly deadlineMs: number;
      readonly epoch: number;
    }
  | { readonly kind: "step_skipped"; readonly runId: string; readonly stepId: string }
  /** The permission to send, synced before a write leaves. It carries what was read before it. */
  | {
      readonly kind: "step_intent";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly idempotencyKey: string;
      readonly access: "read" | "write";
      /** What the site remembers so that cooldown and rate hold across runs; `null` when neither is declared. */
      readonly pace: Pace | null;
      /** The resolved values of the arguments that are not literals in the plan, sorted by name. */
      readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
      /** What was read just before. Empty when the same key is sent again. */
      readonly baseline: readonly ObservedObject[];
      /**
       * Facts that the write overwrites, or that its precondition reads, and that are not as planned or as the run left
       * them; absent where all are.
       */
      readonly changed?: readonly ChangedFact[];
    }
  | {
      readonly kind: "attempt_settled";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly reply: SettledReply;
    }
  | OperationEvent
  /** A reply that no longer matters. It is kept because the log must be complete. */
  | {
      readonly kind: "reply_ignored";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly reply: SettledReply;
      readonly reason: string;
    }
  /** A step has to wait for the site: a freeze (`untilMs: null`), a cooldown, a rate. Nothing was sent. */
  | {
      readonly kind: "step_held";
      readonly runId: string;
      readonly stepId: string;
      readonly untilMs: number | null;
      readonly problem: Problem;
    }
  | { readonly kind: "step_released"; readonly runId: string; readonly stepId: string }
  | {
      readonly kind: "retry_scheduled";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly atMs: number;
    }
  /** A step is over: a write's post-condition was read, a probe has its outcome, a wait elapsed, a person answered. */
  | {
      readonly kind: "step_settled";
      readonly runId: string;
      readonly stepId: string;
      readonly outcome: string;
      readonly facts: readonly Fact[];
      /** The target as we left it; `null` for a step that wrote nothing. */
      readonly left: ObservedObject | null;
      readonly problem: Problem | null;
      readonly by: Principal | null;
      /** Why `by` answered so; absent when nobody said. */
      readonly reason?: string;
      /** Digest of the answer as `by` signed it; absent where nobody answered, and from before answers were signed. */
      readonly signed?: Digest;
    }
  /**
   * `outcome` is `failed` if the plan branches on it, else `null`. `left` is the target as the failed post-read saw it.
   */
  | {
      readonly kind: "step_failed";
      readonly runId: string;
      readonly stepId: string;
      readonly touched: boolean;
      readonly outcome: "failed" | null;
      readonly left: ObservedObject | null;
      readonly problem: Problem;
      /** What was read of other objects than the target after the write; absent if nothing was. */
      readonly facts?: readonly Fact[];
      /** What the failed post-read shows and neither the write nor the world before it explains; absent if nothing. */
      readonly foreign?: ForeignValues;
      /** The word on which it counts as untouched, where no reading can prove it; absent if it is known. */
      readonly onWordOf?: PersonsWord;
    }
  | {
      readonly kind: "step_in_doubt";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly owner: string;
      readonly dueAtMs: number;
      readonly problem: Problem;
    }
  | {
      readonly kind: "step_resolved";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly as: "applied" | "not_applied" | "restored";
      readonly by: Principal | null;
      readonly reason: string;
    }
  /** A person said what became of a step. It is not believed yet: the target is read first, and that settles it. */
  | {
      readonly kind: "word_given";
      readonly runId: string;
      readonly stepId: string;
      readonly direction: Attempt["direction"];
      readonly as: PersonsWord["as"];
      readonly by: Principal;
      readonly reason: string;
    }
  | { readonly kind: "wait_started"; readonly runId: string; readonly stepId: string; readonly untilMs: number }
  | {
      readonly kind: "approval_asked";
      readonly runId: string;
      readonly stepId: string;
      readonly question: string;
      readonly untilMs: number;
    }
  | { readonly kind: "epoch_changed"; readonly runId: string; readonly epoch: number }
  /**
   * No new forward intent from here on. `then` follows when everything in flight has settled. `reason` says why `by`
   * asked for it; it is absent when nobody said.
   */
  | {
      readonly kind: "run_draining";
      readonly runId: string;
      readonly then: DrainGoal;
      readonly by: Principal | null;
      readonly problem: Problem | null;
      readonly reason?: string;
    }
  | { readonly kind: "run_killed"; readonly runId: string; readonly by: Principal; readonly reason: string }
  /** Somebody asked a run to stop that begins nothing new anyway. It is kept because the log must be complete. */
  | { readonly kind: "stop_noted"; readonly runId: string; readonly by: Principal; readonly reason: string }
  /**
   * The way back begins. `order` names the touched steps newest first, and behind each what runs after its undo.
   * `covered` names the touched steps that one of those puts right instead; absent where there is none.
   */
  | {
      readonly kind: "compensation_started";
      readonly runId: string;
      readonly order: readonly string[];
      readonly covered?: readonly CoveredSteps[];
    }
  | {
      readonly kind: "step_compensated";
      readonly runId: string;
      readonly stepId: string;
      /** `covered`: what has just run after the undo of another step put it right, and was read back. */
      readonly how: "undone" | "nothing_happened" | "by_person" | "covered";
      readonly facts: readonly Fact[];
      readonly left: ObservedObject | null;
      /** With `by_person`: the word on which it counts as put back. Absent otherwise, and where nobody recorded it. */
      readonly onWordOf?: PersonsWord;
    }
  /**
   * A reading shows that a condition of an invariant does not hold. On the way back (`way_back`) nothing follows from
   * it. Everywhere else it stops the run, in the same commit.
   */
  | {
      readonly kind: "invariant_broken";
      readonly runId: string;
      /** The step whose reading showed it. */
      readonly stepId: string;
      readonly at: "before" | "after" | "goal" | "way_back";
      readonly name: string;
      /** Its place, from 0, among the conditions of all the plan's invariants. */
      readonly part: number;
      /** The values that it was judged by. */
      readonly facts: readonly Fact[];
    }
  /** A condition holds that was false when the plan was made, or that broke during the run. */
  | {
      readonly kind: "invariant_restored";
      readonly runId: string;
      /** The step whose reading showed it; `null` for the reading at the start of the run. */
      readonly stepId: string | null;
      readonly name: string;
      readonly part: number;
      readonly facts: readonly Fact[];
    }
  /** Waits for a person, keeps its locks. */
  | {
      readonly kind: "run_dirty";
      readonly runId: string;
      readonly stepId: string;
      readonly owner: string;
      readonly dueAtMs: number;
      readonly problem: Problem;
    }
  | {
      readonly kind: "run_ended";
      readonly runId: string;
      readonly outcome: RunOutcome;
      readonly reason: string;
      readonly locks: readonly string[];
      readonly wrote: readonly string[];
      /** Steps that failed and were not put right, in the order of the plan; absent if there is none. */
      readonly failed?: readonly FailedStep[];
      /** Steps that were read back as done or undone although no call reported success; absent if there is none. */
      readonly unacknowledged?: readonly CalledStep[];
      /** Values that stand overwritten and that the plan was not made on; absent if there is none. */
      readonly overwrote?: readonly OverwrittenFact[];
    };

/**
 * Values that a reading shows and a run did not write. `isLater`: the effect of the step had been read as it should be
 * before, so somebody else changed the target since. Otherwise the target may have made them itself.
 */
export interface ForeignValues {
  readonly facts: readonly Fact[];
  readonly isLater: boolean;
}

/** A fact that was found otherwise than a run knew it. */
export interface FoundFact {
  readonly name: string;
  /** As the plan was made on it, or as the run's own write left it. */
  readonly was: FactValue;
  readonly found: FactValue;
  /** Since when it had been `was`: since the plan was made, or since a write of the same run. */
  readonly since: "planned" | "left";
}

/** A fact that a write found otherwise. */
export interface ChangedFact extends FoundFact {
  /** Whether the write makes something else of it. Else its precondition reads it, or it is so already. */
  readonly isOverwritten: boolean;
}

/** A value that a write of the run overwrote, and that nobody had planned for. */
export interface OverwrittenFact extends FoundFact {
  readonly stepId: string;
}

/**
 * A step that failed and was not put right, or that the run began to undo and did not finish. `touched`: its effect, or
 * a part of it, is in the world.
 */
export interface FailedStep extends CalledStep {
  readonly touched: boolean;
}

/** A step that makes a call, and what the call is made to. */
export interface CalledStep {
  readonly stepId: string;
  /** `null` for a step without a target. */
  readonly target: ObjectRef | null;
}

/** Touched steps that an action after the undo of another step puts right, newest first. */
export interface CoveredSteps {
  readonly by: string;
  readonly steps: readonly string[];
}

/** What a person said of a step: that its effect did not happen, or that it was put back by hand. */
export interface PersonsWord {
  readonly as: "not_applied" | "restored";
  readonly by: Principal;
  readonly reason: string;
}

/** `key` names action and target. The site remembers the times of the last `countMax` intents under it. */
export interface Pace {
  readonly key: string;
  readonly windowMs: number;
  readonly countMax: number;
}

/** How a run ends once everything in flight has settled. */
export type DrainGoal = "escalated" | "compensated" | "stopped";

/**
 * Ends absorb. `dirty` and `in_doubt` are not ends: they wait for an owner. `succeeded_in_part`: the plan's ending was
 * reached, and steps failed on the way, as the plan tolerates.
 */
export type RunOutcome = "succeeded" | "succeeded_in_part" | "compensated" | "escalated" | "stopped" | "closed";

/** A reply as recorded. */
export type SettledReply =
  | {
      readonly kind: "applied";
      readonly output: JsonValue;
      readonly outputBytes: number;
      readonly outcome: string | null;
    }
  | {
      readonly kind: "rejected" | "not_sent" | "unknown";
      readonly problem: Problem;
      readonly retryable: boolean;
      /** What the target gave all the same; absent where it gave nothing that is kept. */
      readonly output?: JsonValue;
    };

/** What happened on the site outside of any run; `runId` is `null`, but for an input that named a run. */
export type SiteEvent =
  | NotificationEvent
  | {
      readonly kind: "plan_recorded";
      readonly runId: null;
      readonly planHash: Digest;
      readonly proposalDigest: Digest | null;
      readonly by: Principal;
    }
  /** A plan was asked for, and its goal held already: there is no plan. */
  | {
      readonly kind: "nothing_planned";
      readonly runId: null;
      readonly proposalDigest: Digest;
      readonly by: Principal;
    }
  | {
      readonly kind: "approval_recorded";
      readonly runId: null;
      readonly approvalId: string;
      readonly planHash: Digest;
      readonly envelope: Digest;
      readonly by: Principal;
    }
  | {
      readonly kind: "approval_rejected";
      readonly runId: null;
      readonly planHash: Digest;
      readonly by: Principal;
      readonly reason: string;
    }
  | {
      readonly kind: "grant_recorded";
      readonly runId: null;
      readonly grantId: string;
      readonly envelope: Digest;
      readonly writeCountMax: number;
      readonly costUsdMax: number;
      readonly expiresAtMs: number;
      readonly by: Principal;
    }
  | {
      readonly kind: "pack_trusted";
      readonly runId: null;
      readonly pack: string;
      readonly digest: Digest;
      /** What `interlock.yaml` says, as it was trusted with the pack; absent where the pack alone was. */
      readonly site?: Digest;
      readonly by: Principal;
    }
  /** A person trusts nothing any more that was trusted before this with this digest: of a pack or of a site. */
  | {
      readonly kind: "trust_withdrawn";
      readonly runId: null;
      readonly digest: Digest;
      readonly by: Principal;
      readonly reason: string;
    }
  | {
      readonly kind: "round_trip_recorded";
      readonly runId: null;
      readonly action: string;
      readonly actionDigest: Digest;
      readonly target: ObjectRef;
      readonly evidence: Digest;
      readonly by: Principal;
    }
  | IncidentEvent
  /**
   * A language model was asked for a proposal: which one, digests of the request and the reply, and the tokens used.
   */
  | {
      readonly kind: "model_called";
      readonly runId: null;
      readonly proposer: string;
      readonly model: string;
      readonly request: Digest;
      readonly reply: Digest | null;
      readonly inputTokenCount: number | null;
      readonly outputTokenCount: number | null;
      readonly by: Principal;
    }
  /** `by` started the engine, which took over what an earlier one left. Absent in logs from before it was recorded. */
  | {
      readonly kind: "engine_opened";
      readonly runId: null;
      readonly epoch: number;
      readonly release: string;
      readonly by?: Principal;
    }
  | {
      readonly kind: "frozen";
      readonly runId: null;
      readonly scope: string;
      readonly by: Principal;
      readonly reason: string;
    }
  | {
      readonly kind: "unfrozen";
      readonly runId: null;
      readonly scope: string;
      readonly by: Principal;
      readonly reason: string;
    }
  /** A person accepted that the log's time is `leadMs` ahead of the machine's clock; it stays that far ahead. */
  | {
      readonly kind: "clock_anchored";
      readonly runId: null;
      readonly leadMs: number;
      readonly by: Principal;
      readonly reason: string;
    }
  /** An input was refused: who asked for what, and why not. */
  | {
      readonly kind: "input_refused";
      readonly runId: string | null;
      readonly input: string;
      readonly problem: Problem;
      readonly by: Principal | null;
    };

/** The field `reason` of an event, left out when nobody gave one. */
export function reasonGiven(reason: string | undefined): { readonly reason?: string } {
  return reason === undefined || reason === "" ? {} : { reason };
}
