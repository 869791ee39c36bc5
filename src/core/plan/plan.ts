import type {
  ActionClass,
  Environment,
  FactExtraction,
  FactType,
  FactValue,
  Freshness,
  Idempotency,
  Integrity,
  OnFailure,
  OutcomeDeclaration,
  Template,
  ValueType,
} from "../domain/domain.ts";
import type { OperationAnswer, OperationId } from "../domain/operation.ts";
import type { Digest } from "../value/digest.ts";
import type { JsonValue } from "../value/json-value.ts";

/**
 * The compiled, checked and frozen artefact that people approve and the kernel runs, named by the digest of its
 * canonical bytes under its format. It carries everything that execution needs, so that nothing is looked up in a
 * domain that may have changed since: definitions are pinned by value, the world by fingerprint. It holds no time, no
 * secret and no number of a belief. The same proposal on the same world compiles to the same bytes.
 */
export interface Plan {
  readonly format: PlanFormat;
  /**
   * Canonical guard over facts, read back before the run may end `succeeded`; `""` demands nothing beyond
   * post-conditions.
   */
  readonly goal: string;
  readonly summary: string;
  readonly assumptions: readonly string[];
  readonly proposer: Proposer;
  readonly domain: { readonly name: string; readonly version: string; readonly environment: Environment };
  readonly inputs: readonly { readonly name: string; readonly value: JsonValue }[];
  /** In topological order, ties in the proposal's order. Exactly one ending is reached on every path. */
  readonly steps: readonly PlanStep[];
  /** How to read each object that a guard or a step reads or changes; sorted by object. */
  readonly observations: readonly ObjectObservation[];
  readonly invariants: readonly { readonly name: string; readonly holds: string }[];
  readonly proof: Proof;
  readonly bounds: Bounds;
  readonly pins: Pins;
  /**
   * The run that this plan succeeds, and the incident whose limit it shares, if there is one. `null` for a plan of its
   * own.
   */
  readonly parent: { readonly runId: string; readonly incidentId: string | null } | null;
  /**
   * What was asked for, and who worded the goal. Only in `interlock.plan/2`, absent where nobody recorded it.
   */
  readonly intent?: PlanIntent;
  /**
   * Who gave the command. Absent where that is the person on whose behalf the plan was proposed, in a plan that a
   * decision chose, and in one that an earlier release made. Only in `interlock.plan/2`.
   */
  readonly preparedBy?: PlanPreparer;
}

/** The tag of a plan's form, which is also the domain of its hash. */
export type PlanFormat = "interlock.plan/1" | "interlock.plan/2";

/**
 * What somebody wanted, before anybody made a proposal of it. The plan's hash covers it, and nothing is decided by it.
 * It never comes from the proposal: the one who asked for the plan gave it beside the proposal.
 */
export interface PlanIntent {
  /** In words; `""` where only a goal was given. Untrusted text: it may be an alert's, or copied from anywhere. */
  readonly text: string;
  /** The person or service who gave it. */
  readonly by: string;
  /** Who worded the plan's goal. */
  readonly goalBy: GoalBy;
}

/**
 * Who worded a plan's goal: the one who asked, the proposer, or both, who each demanded a part; `none` for a plan
 * without a goal.
 */
export type GoalBy = "asker" | "proposer" | "both" | "none";

/** Who made the proposal: always shown, never trusted. */
export interface Proposer {
  readonly kind: "person" | "file" | "model" | "workflow" | "search" | "recovery";
  /** The proposer itself: a person, a file's name, a model. */
  readonly id: string;
  /** The person or service on whose behalf it proposed. Neither may approve the plan (I1). */
  readonly onBehalfOf: string;
}

/**
 * The actor who had a plan made. That it is for somebody else is this actor's word alone. Neither may approve it (I1).
 */
export interface PlanPreparer {
  readonly kind: "person" | "agent" | "service";
  readonly id: string;
}

/**
 * `not_attempted` is shown as "not proven": the approver must then type the target's name of every irreversible step.
 */
export type Proof =
  | { readonly kind: "not_attempted" }
  | { readonly kind: "proven"; readonly stateCount: number; readonly faultCountMax: number }
  | { readonly kind: "not_proven"; readonly stateCount: number };

/** The worst case over every path, computed before approval and enforced while running. */
export interface Bounds {
  readonly stepCount: number;
  readonly writeCount: number;
  readonly callCount: number;
  readonly outputBytes: number;
  readonly costUsd: number;
  readonly durationMs: number;
}

/** What must be unchanged when the plan is applied. A difference is a refusal and never a warning. */
export interface Pins {
  readonly domain: Digest;
  readonly pack: Digest | null;
  readonly connections: Digest;
  readonly policies: Digest | null;
  readonly situation: Digest | null;
  readonly evidence: Digest | null;
  /** The kernel's rules that the plan was compiled for, e.g. `interlock.kernel/1`. */
  readonly engine: string;
  /** Every object of `observations`, as it was when the plan was compiled. */
  readonly targets: readonly TargetPin[];
  /**
   * The files on this machine that carrying the plan out runs, or names to a program, by path. Only in
   * `interlock.plan/2`, absent where there is none.
   */
  readonly programs?: readonly ProgramPin[];
  /**
   * Where the folders lead that its connections work in. Only in `interlock.plan/2`, absent where they work in none.
   */
  readonly folders?: readonly FolderPin[];
}

/** A folder that a connection works in, such as the root of its files, as it was when the plan was compiled. */
export interface FolderPin {
  /** As the site writes it. */
  readonly path: string;
  /** The folder itself, with every link on the way to it followed; `null` if there was none that could be opened. */
  readonly leadsTo: string | null;
  /** The number by which the file system knows that folder; `null` if there was none. */
  readonly file: string | null;
}

/** A file that a plan runs, or hands to a program that it runs, as it was when the plan was compiled. */
export interface ProgramPin {
  readonly path: string;
  /** The SHA-256 of its bytes, as `sha256sum` prints it. */
  readonly digest: Digest;
}

/** An object as it was when the plan was compiled. */
export interface TargetPin {
  readonly object: ObjectRef;
  readonly fingerprint: Digest;
  readonly facts: readonly Fact[];
}

/** `type/id` of an inventory object. */
export type ObjectRef = `${string}/${string}`;

/** A fact and its value; `name` is its key in a guard (`factName`): `type.object.fact`. */
export interface Fact {
  readonly name: string;
  readonly value: FactValue;
}

/** How to read one object while the plan runs: the `observe` of its type, pinned. */
export interface ObjectObservation {
  readonly object: ObjectRef;
  readonly call: Call;
  readonly facts: readonly (FactExtraction & { readonly type: FactType })[];
  readonly fingerprint: readonly string[];
  readonly fence: string | null;
  /** When a reading is one of how things are now; absent where every reading is. */
  readonly fresh?: Freshness;
}

/**
 * One operation of a connector. In `with` every binding that is known at compile time is resolved. What is left are
 * `$secret`, `$fence`, `$key` and, for arguments that come from a step's output or from the facts of before, `$arg`.
 */
export interface Call {
  readonly connection: string;
  readonly connector: string;
  readonly operation: string;
  readonly access: "read" | "write";
  readonly with: Template;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
}

/** One step, by its kind; what each kind means stands in `kinds/`. */
export type PlanStep = CallStep | WaitStep | ApproveStep | EscalateStep | EndStep;

/** The kinds of step there are. */
export type StepKind = PlanStep["kind"];

/** What every step has. */
export interface StepBase {
  readonly id: string;
  readonly purpose: string;
  readonly after: readonly string[];
  /** Canonical formula over outcomes of steps in `after`; `""` holds if every step in `after` ran. */
  readonly when: string;
}

/** A step that calls a connector: an act (its outcome is `done`, or `failed` with `onFailure: branch`) or a probe. */
export interface CallStep extends StepBase {
  readonly kind: "act" | "probe";
  readonly action: string;
  /** Digest of the action's declaration. */
  readonly actionDigest: Digest;
  /**
   * As declared and earned: an action that was never undone on record is irreversible here, even if declared
   * reversible.
   */
  readonly class: ActionClass;
  readonly idempotency: Idempotency;
  readonly target: ObjectRef | null;
  readonly args: readonly PlanArgument[];
  readonly call: Call;
  readonly output: readonly { readonly name: string; readonly pointer: string; readonly type: ValueType }[];
  /**
   * The declared outcomes of a probe; `none_of_these` and `no_answer` are always possible and not listed. Empty for an
   * act.
   */
  readonly outcomes: readonly OutcomeDeclaration[];
  /** Canonical, macros unrolled, over facts alone; `""` is true. */
  readonly pre: string;
  /** Objects that are read again before the intent: the target and everything that `pre` reads. Sorted. */
  readonly reads: readonly ObjectRef[];
  readonly during: readonly Assignment[];
  readonly effect: readonly Assignment[];
  /** `null` for reads. */
  readonly post: Verification | null;
  /** Whether the target itself compares the baseline inside the write; otherwise the review says `unfenced`. */
  readonly fenced: boolean;
  readonly compensation: Compensation | null;
  /** Sorted names. */
  readonly locks: readonly string[];
  readonly landsWithinMs: number | null;
  readonly retry: { readonly attemptsMax: number; readonly backoffMs: number };
  readonly cooldownMs: number;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly costUsd: number;
  readonly onFailure: OnFailure;
  /**
   * Its place in a write over a fleet. Missing, and not `null`, elsewhere, so that a plan without waves keeps its
   * bytes.
   */
  readonly wave?: WavePlace;
  /**
   * For a call that only starts something: how the system is asked until that has ended. Only in `interlock.plan/2`,
   * absent for a call that is over when it is answered.
   */
  readonly operation?: PlanOperation;
}

/** A long operation, pinned: what `OperationDeclaration` declares, made particular for this target. */
export interface PlanOperation extends OperationAnswer {
  readonly id: OperationId;
  /** A read. What is left in it to bind is `$operation`, and what `Call` says. */
  readonly ask: Call;
  readonly everyMs: number;
  /** How long it may take, from its start on. */
  readonly withinMs: number;
  /** `null` where it cannot be cancelled, and always on the way back. */
  readonly cancel: { readonly call: Call; readonly withinMs: number } | null;
}

/** Where a step stands among the waves of one proposed step. */
export interface WavePlace {
  /** The id of the proposed step. */
  readonly of: string;
  /** Counted from 1, which is the canary. */
  readonly number: number;
  readonly count: number;
  /** The wave starts only while at most this many steps of earlier waves have failed. */
  readonly abortAbove: number;
}

/** An argument of a step: a literal, which the approver sees, or a part of an earlier output. */
export interface PlanArgument {
  readonly name: string;
  readonly type: ValueType;
  readonly integrity: Integrity;
  readonly value:
    | { readonly kind: "literal"; readonly value: JsonValue }
    | { readonly kind: "output"; readonly stepId: string; readonly field: string; readonly pointer: string };
}

/** The value that an effect gives a fact. */
export interface Assignment {
  readonly fact: string;
  readonly value: FactValue;
}

/** The reading that proves a write: the action's post-condition and the step's own expectations, joined. */
export interface Verification {
  /** Canonical, over facts alone. */
  readonly expect: string;
  /** Objects to read, sorted; the target is always among them. */
  readonly reads: readonly ObjectRef[];
  readonly withinMs: number;
  readonly everyMs: number;
  readonly holdMs: number;
}

/** The pinned way back of one step: a write of its own, proven by reading that the facts are as before. */
export interface Compensation extends WayBackCall {
  /**
   * What runs once it is done, in this order, before anything older is undone. Only in `interlock.plan/2`, absent where
   * nothing does.
   */
  readonly thenRun?: readonly ThenRun[];
}

/** A write that a way back makes. */
export interface WayBackCall {
  readonly action: string;
  readonly actionDigest: Digest;
  readonly idempotency: Idempotency;
  readonly call: Call;
  readonly args: readonly (
    | { readonly name: string; readonly type: ValueType; readonly from: "literal"; readonly value: JsonValue }
    /** A fact of the step's target, read just before the step's first intent. */
    | { readonly name: string; readonly type: ValueType; readonly from: "before"; readonly fact: string }
  )[];
  /** Facts that must again have the values they had before the step. */
  readonly restores: readonly string[];
  readonly reads: readonly ObjectRef[];
  readonly withinMs: number;
  readonly everyMs: number;
  readonly fenced: boolean;
  readonly landsWithinMs: number | null;
  readonly retry: { readonly attemptsMax: number; readonly backoffMs: number };
  /** What facts are while the way back is under way. Only in `interlock.plan/2`, absent where nothing is declared. */
  readonly during?: readonly Assignment[];
  /** The values known in the plan that it gives facts. Only in `interlock.plan/2`, absent where there are none. */
  readonly effect?: readonly Assignment[];
  /** Facts to which it gives what another fact was before. Only in `interlock.plan/2`, absent where there are none. */
  readonly copies?: readonly { readonly fact: string; readonly of: string }[];
  /**
   * Parts of the action's `pre` of which nobody knows whether they hold when it is sent: nothing reads their facts
   * then. Only in `interlock.plan/2`, absent where there are none.
   */
  readonly openPre?: readonly string[];
  /** For a way back whose call only starts it. Only in `interlock.plan/2`, absent otherwise. */
  readonly operation?: PlanOperation;
}

/**
 * A write that runs once a step is undone, such as the reload after a file was put back. It is sent whatever the facts
 * show, and the facts that it changes must then be as they were before the step.
 */
export interface ThenRun extends WayBackCall {
  /** What it acts on; often another object than the step's own. */
  readonly target: ObjectRef | null;
  /** Sorted names. The run holds them from its start. */
  readonly locks: readonly string[];
  /**
   * Later steps of the plan that did the same to the same object. It puts right what they did, so they are not undone
   * by themselves.
   */
  readonly covers: readonly string[];
}

/** Lets time pass; outcome `elapsed`. */
export interface WaitStep extends StepBase {
  readonly kind: "wait";
  readonly forMs: number;
  /**
   * For a barrier of a large fleet: the failures beyond which it is skipped, whatever `when` says. Only in
   * `interlock.plan/2`; absent where `when` says everything.
   */
  readonly failures?: FailureLimit;
}

/** How many steps of a fleet may have failed when a barrier of it comes up. */
export interface FailureLimit {
  /** The fleet: the id of the proposed step, as in `WavePlace`. */
  readonly of: string;
  readonly max: number;
}

/** Asks a person while the run waits; outcomes `approved`, `rejected`, `expired`. */
export interface ApproveStep extends StepBase {
  readonly kind: "approve";
  readonly question: string;
  readonly withinMs: number;
}

/** Ends the run `escalated`, with a reason for the person who takes over. */
export interface EscalateStep extends StepBase {
  readonly kind: "escalate";
  readonly reason: string;
}

/** Ends the run: goal read back, then `succeeded`. With `world: rollback` it undoes what the run has written. */
export interface EndStep extends StepBase {
  readonly kind: "end";
  /** Only in `interlock.plan/2`; absent where the world is to be as the goal says. */
  readonly world?: "rollback";
  /** Objects the goal reads, sorted. */
  readonly reads: readonly ObjectRef[];
}
