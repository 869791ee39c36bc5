import type { Principal } from "../../approval/approval.ts";
import type { Fact, ObjectRef } from "../../plan/plan.ts";
import type { Problem } from "../../value/codes.ts";
import type { Digest } from "../../value/digest.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { Attempt, Authorization, ObservedObject } from "./input.ts";

/**
 * What we record. All events of one decision go into one commit. Results of guards, digests and clock comparisons stand in
 * the event; `apply` evaluates nothing, so that a log of any release folds under every later one.
 * Run events are folded by their run; some are folded by the site too (locks, approvals consumed, grants, cooldowns).
 */
export type Event = RunEvent | SiteEvent;

export type RunEvent =
  | {
      readonly kind: "run_started";
      readonly runId: string;
      readonly planHash: Digest;
      readonly authorization: Authorization;
      readonly actor: Principal;
      /** Who is asked when the run cannot go on by itself. */
      readonly owner: string;
      /** Sorted; all of them or none (I5). */
      readonly locks: readonly string[];
      /** The pinned targets as the driver saw them: what a write is compared with until our own first verified one. */
      readonly baseline: readonly ObservedObject[];
      /** The worst case reserved from the grant, or `null` where none is used. */
      readonly reserved: { readonly grantId: string; readonly writeCount: number; readonly costUsd: number } | null;
      /** Whole-run budget's end. */
      readonly deadlineMs: number;
      readonly epoch: number;
    }
  | { readonly kind: "step_skipped"; readonly runId: string; readonly stepId: string }
  /** The permission to send: synced before anything leaves for a write. Carries what the guard saw. */
  | {
      readonly kind: "step_intent";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly idempotencyKey: string;
      readonly access: "read" | "write";
      /** What the site has to remember so that cooldown and rate hold across runs; `null` where neither is declared. */
      readonly pace: Pace | null;
      /** Resolved values of arguments that were not literals in the plan, by name, sorted. */
      readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
      /** What was read just before; empty when the same key is sent again. */
      readonly baseline: readonly ObservedObject[];
    }
  | {
      readonly kind: "attempt_settled";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly reply: SettledReply;
    }
  /** A reply, or an effect's trace, that no longer matters: kept because the log must be complete. */
  | {
      readonly kind: "reply_ignored";
      readonly runId: string;
      readonly attempt: Attempt;
      readonly reply: SettledReply;
      readonly reason: string;
    }
  /** A step must wait for the site: frozen (`untilMs: null`), in its cooldown, over its rate. Nothing was sent. */
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
  /** A step is over: a write's post-condition was read, a probe's outcome is known, a wait elapsed, a person answered. */
  | {
      readonly kind: "step_settled";
      readonly runId: string;
      readonly stepId: string;
      readonly outcome: string;
      readonly facts: readonly Fact[];
      /** The target as we left it; `null` for steps that wrote nothing. */
      readonly left: ObservedObject | null;
      readonly problem: Problem | null;
      readonly by: Principal | null;
      /** Why `by` answered so; absent where nobody said. */
      readonly reason?: string;
    }
  /** `outcome`: `failed` where the plan branches on it, else `null`. `left`: the target as the failed post-read saw it. */
  | {
      readonly kind: "step_failed";
      readonly runId: string;
      readonly stepId: string;
      readonly touched: boolean;
      readonly outcome: "failed" | null;
      readonly left: ObservedObject | null;
      readonly problem: Problem;
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
   * No new forward intent from here on; `then` is what follows when everything in flight has settled. `reason`: why `by` asked for
   * it, absent where nobody said.
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
  | { readonly kind: "compensation_started"; readonly runId: string; readonly order: readonly string[] }
  | {
      readonly kind: "step_compensated";
      readonly runId: string;
      readonly stepId: string;
      readonly how: "undone" | "nothing_happened" | "by_person";
      readonly facts: readonly Fact[];
      readonly left: ObservedObject | null;
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
    };

/** `key` names action and target; the last `countMax` intents within `windowMs` are remembered under it. */
export interface Pace {
  readonly key: string;
  readonly windowMs: number;
  readonly countMax: number;
}

export type DrainGoal = "escalated" | "compensated" | "stopped";

/** Ends absorb. `dirty` and `in_doubt` are no ends: they wait, with an owner. */
export type RunOutcome = "succeeded" | "compensated" | "escalated" | "stopped" | "closed";

/** A reply as recorded: the output lies beside the log by its digest. */
export type SettledReply =
  | {
      readonly kind: "applied";
      readonly output: JsonValue;
      readonly outputBytes: number;
      readonly outcome: string | null;
    }
  | { readonly kind: "rejected" | "not_sent" | "unknown"; readonly problem: Problem; readonly retryable: boolean };

export type SiteEvent =
  | {
      readonly kind: "plan_recorded";
      readonly runId: null;
      readonly planHash: Digest;
      readonly proposalDigest: Digest | null;
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
      readonly by: Principal;
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
  /** An alert was taken up; `key` says what it is about, `report` (when it closes) lies beside the log. */
  | {
      readonly kind: "incident_opened";
      readonly runId: null;
      readonly incidentId: string;
      readonly key: string;
      readonly situation: Digest;
      readonly by: Principal;
    }
  /** The plan that answers an incident, before anybody is asked; `draft` is its report so far, for whoever has to close it in our place. */
  | {
      readonly kind: "incident_planned";
      readonly runId: null;
      readonly incidentId: string;
      readonly planHash: Digest;
      readonly draft: Digest;
      readonly by: Principal;
    }
  | {
      readonly kind: "incident_closed";
      readonly runId: null;
      readonly incidentId: string;
      readonly key: string;
      readonly outcome: string;
      readonly report: Digest | null;
      readonly by: Principal;
    }
  /** A language model was asked for a proposal: who, with which words, what it said, and what it cost. Never the words themselves. */
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
  /** `by`: who started the engine, and with it took over what an earlier one left; absent in logs of before it was kept. */
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
  /** An input that was refused: who asked, for what, and the code. */
  | {
      readonly kind: "input_refused";
      readonly runId: string | null;
      readonly input: string;
      readonly problem: Problem;
      readonly by: Principal | null;
    };
