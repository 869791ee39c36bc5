import type { NextStep } from "./next-step.ts";

/** Where a refusal happens, in the order of the data's way. */
export type Stage =
  | "usage"
  | "parse"
  | "domain"
  | "check"
  | "decide"
  | "proof"
  | "trust"
  | "plan"
  | "approve"
  | "apply"
  | "step"
  | "run"
  | "store"
  | "verify"
  | "internal";

/** What everyone needs to know of a refusal. `exitCode`: docs in `docs/exit-codes.md`; 10–19 nothing was touched, 20–29 something was. */
export interface CodeEntry {
  readonly stage: Stage;
  readonly exitCode: number;
  /** What to do next, in one line; the place of use may give a more particular one. */
  readonly hint: string;
  /** What the hint asks for, as data, where it is something that Interlock does. */
  readonly next?: NextStep;
}

// One line an entry: the one list of codes. A code is never renamed or reused; what it means to a script is its contract.
const table = {
  E_INTERNAL: { stage: "internal", exitCode: 1, hint: "this is a defect of ours: report it with the message" },
  E_USAGE: { stage: "usage", exitCode: 64, hint: "see how it is called", next: { do: "read_help" } },
  E_INPUT_MISSING: { stage: "usage", exitCode: 66, hint: "check the path" },
  E_NOT_PERMITTED: { stage: "approve", exitCode: 77, hint: "ask someone who holds the role" },
  E_JSON_INVALID: { stage: "parse", exitCode: 10, hint: "write plain JSON: no comments, no trailing commas, no NaN" },
  E_JSON_DUPLICATE_KEY: { stage: "parse", exitCode: 10, hint: "keep one of the two keys" },
  E_JSON_KEY_FORBIDDEN: { stage: "parse", exitCode: 10, hint: "remove the key" },
  E_JSON_NUMBER: {
    stage: "parse",
    exitCode: 10,
    hint: "write a number that a double holds exactly as written, or a string",
  },
  E_JSON_DEPTH: { stage: "parse", exitCode: 10, hint: "nest at most 32 levels" },
  E_JSON_SIZE: { stage: "parse", exitCode: 10, hint: "keep the document below 1 MB" },
  E_JSON_UNICODE: { stage: "parse", exitCode: 10, hint: "use well-formed UTF-8 without lone surrogates" },
  E_YAML_INVALID: { stage: "parse", exitCode: 10, hint: "fix the YAML at the line named" },
  E_SCHEMA: { stage: "parse", exitCode: 10, hint: "give a value of the type named" },
  E_SCHEMA_UNKNOWN_FIELD: { stage: "parse", exitCode: 10, hint: "remove the field" },
  E_SCHEMA_MISSING_FIELD: { stage: "parse", exitCode: 10, hint: "add the field" },
  E_SCHEMA_VERSION: { stage: "parse", exitCode: 10, hint: "use a format and version this release reads" },
  E_ACTION_NAME_CHARSET: {
    stage: "parse",
    exitCode: 10,
    hint: "names are lower-case ASCII letters, digits, `_` and `.`",
  },
  E_NAME_CHARSET: { stage: "parse", exitCode: 10, hint: "names are ASCII letters, digits, `_`, `-` and `.`" },
  E_GUARD_PARSE: {
    stage: "check",
    exitCode: 10,
    hint: "guards know `== != < <= > >= in && || !`, names, constants and `inventory.T.all|exists(x, …)`",
  },
  E_GUARD_REGEX: {
    stage: "check",
    exitCode: 10,
    hint: "classify text in a probe's classifier; a guard compares declared outcomes",
  },
  E_GUARD_NONDETERMINISTIC: {
    stage: "check",
    exitCode: 10,
    hint: "use a `wait` step or an observed fact instead of a clock, chance or the environment",
  },
  E_GUARD_TYPE: { stage: "check", exitCode: 10, hint: "compare values of one type" },
  E_GUARD_NAME: { stage: "check", exitCode: 10, hint: "use a declared name" },
  E_GUARD_SIZE: { stage: "check", exitCode: 10, hint: "split the guard" },
  E_SITUATION_UNBOUND: { stage: "decide", exitCode: 10, hint: "bind the step or response to an action of the domain" },
  E_SITUATION_OUTCOMES: {
    stage: "decide",
    exitCode: 10,
    hint: "give the probe the outcomes its action declares: the plan pins that classifier",
  },
  E_JUDGE_QUESTION: { stage: "decide", exitCode: 10, hint: "offer at least two distinct answers" },
  E_JUDGE_UNCALIBRATED: {
    stage: "decide",
    exitCode: 10,
    hint: "measure the judge on closed incidents first, or decide without it",
  },
  E_JUDGE_REPEATED: { stage: "decide", exitCode: 10, hint: "keep one answer to each question" },
  E_INCIDENT_INVALID: {
    stage: "parse",
    exitCode: 10,
    hint: "see the format `interlock.incident/1` in docs/calibrate.md",
  },
  E_LOG_CHAIN: {
    stage: "verify",
    exitCode: 15,
    hint: "keep the store as it is, restore a backup beside it and compare from this record on",
  },
  E_LOG_TRUNCATED: {
    stage: "verify",
    exitCode: 15,
    hint: "records that were acknowledged are gone: restore a backup and compare",
  },
  E_STORE_LOCKED: {
    stage: "store",
    exitCode: 13,
    hint: "another process runs here: wait for it, or see what it does",
    next: { do: "list_runs" },
  },
  E_STORE_FULL: {
    stage: "store",
    exitCode: 1,
    hint: "free some space, then resume: nothing was sent that is not recorded",
    next: { do: "resume" },
  },
  E_STORE_IO: {
    stage: "store",
    exitCode: 1,
    hint: "check the disk, then resume: nothing was sent that is not recorded",
    next: { do: "resume" },
  },
  E_STORE_FENCED: { stage: "store", exitCode: 1, hint: "another engine took over this store: let it finish" },
  E_STORE_VERSION: { stage: "store", exitCode: 1, hint: "open it with the release that wrote it, or a newer one" },
  E_BODY_KEPT: {
    stage: "store",
    exitCode: 13,
    hint: "leave it out, or wait until the run and what builds on it have ended",
    next: { do: "list_runs" },
  },
  E_BODY_ARCHIVED: {
    stage: "store",
    exitCode: 66,
    hint: "put it back from its archive",
    next: { do: "restore_bodies" },
  },
  E_BODY_REMOVED: {
    stage: "store",
    exitCode: 66,
    hint: "nothing brings it back: the list of runs and the log's chain still say that it ran, when, and how it ended",
    next: { do: "list_runs" },
  },
  E_ARCHIVE: { stage: "store", exitCode: 15, hint: "use the archive that the removal's record names by digest" },
  E_BACKUP_EXISTS: { stage: "store", exitCode: 64, hint: "name an empty folder" },
  E_STORE_CORRUPT: { stage: "store", exitCode: 15, hint: "keep the files as they are and restore a backup" },
  E_DOMAIN_NAME: { stage: "domain", exitCode: 10, hint: "use a name the domain declares" },
  E_DOMAIN_BINDING: {
    stage: "domain",
    exitCode: 10,
    hint: "bind `$arg`, `$property`, `$target`, `$secret`, `$fence` or `$key` to something declared",
  },
  E_DOMAIN_OBSERVE: {
    stage: "domain",
    exitCode: 10,
    hint: "declare `observe` on the type, with every fact and a fingerprint",
  },
  E_DOMAIN_EFFECT: { stage: "domain", exitCode: 10, hint: "write effects as `fact = constant | arg.name`" },
  E_DOMAIN_OUTCOME: {
    stage: "domain",
    exitCode: 10,
    hint: "give each outcome its own name; `none_of_these`, `no_answer`, `not_run`, `done` and `failed` are taken",
  },
  E_DOMAIN_POST: { stage: "domain", exitCode: 10, hint: "declare `post`: a write is done only when it was read back" },
  E_DOMAIN_READ: {
    stage: "domain",
    exitCode: 10,
    hint: "use an operation that cannot write, or declare the action a write",
  },
  E_DOMAIN_WAVES: {
    stage: "domain",
    exitCode: 10,
    hint: "a write goes on after a failure only with `onFailure: branch`; else leave `abortAbove` at 0",
  },
  E_COMP_MISSING: { stage: "check", exitCode: 10, hint: "declare `compensate`, or `class: irreversible`" },
  E_COMP_TARGET: { stage: "check", exitCode: 10, hint: "a compensation acts on the target of the action it undoes" },
  E_DOMAIN_DRIFT: { stage: "apply", exitCode: 12, hint: "plan again with the domain as it is now" },
  E_PROPOSER_FAILED: {
    stage: "check",
    exitCode: 69,
    hint: "check the proposer's address, model and key under `proposers` in interlock.yaml, or propose by hand",
  },
  E_PROPOSER_UNKNOWN: { stage: "usage", exitCode: 66, hint: "configure it under `proposers` in interlock.yaml" },
  E_PROPOSAL_DECLINED: { stage: "check", exitCode: 14, hint: "the proposer has no plan: ask another one, or a person" },
  E_ACTION_UNKNOWN: { stage: "check", exitCode: 10, hint: "use an action the domain declares" },
  E_ACTION_KIND: {
    stage: "check",
    exitCode: 10,
    hint: "`act` and `probe` name an action, the other kinds have none; a probe's action is a read with outcomes",
  },
  E_ARG_MISSING: { stage: "check", exitCode: 10, hint: "give every argument the action declares" },
  E_ARG_UNKNOWN: { stage: "check", exitCode: 10, hint: "remove the argument" },
  E_ARG_SCHEMA: { stage: "check", exitCode: 10, hint: "give a value of the type the action declares" },
  E_ARG_PATH: { stage: "check", exitCode: 10, hint: "give a relative path below the connection's root, without `..`" },
  E_ARG_URL: { stage: "check", exitCode: 10, hint: "give an http(s) address whose host the action lists" },
  E_ARG_SECRET_LITERAL: {
    stage: "check",
    exitCode: 10,
    hint: "secrets are bound by the action's declaration, never written into a proposal",
  },
  E_TAINT: {
    stage: "check",
    exitCode: 10,
    hint: "an outside value reaches a write only through an enumeration, a range or the inventory",
  },
  E_PLAN_EMPTY: {
    stage: "check",
    exitCode: 10,
    hint: "propose at least one step, or say in `decline` why there is none",
  },
  E_PLAN_SIZE: { stage: "check", exitCode: 10, hint: "split the plan" },
  E_PLAN_STEP_ID: { stage: "check", exitCode: 10, hint: "give each step its own id" },
  E_PLAN_CYCLE: { stage: "check", exitCode: 10, hint: "remove one of the steps from the other's `after`" },
  E_PLAN_DANGLING_REF: {
    stage: "check",
    exitCode: 10,
    hint: "name a step of this plan, before the reader, and a declared field of its output",
  },
  E_PLAN_REF_TARGET: {
    stage: "check",
    exitCode: 10,
    hint: "name the target in the proposal: it is what people approve",
  },
  E_PLAN_REF_TYPE: { stage: "check", exitCode: 10, hint: "refer to a field whose type fits the argument" },
  E_PLAN_REF_PATH: {
    stage: "check",
    exitCode: 10,
    hint: "let the reader's `when` require that the producer ran and answered",
  },
  E_PLAN_UNBOUNDED_LOOP: {
    stage: "check",
    exitCode: 10,
    hint: "`each` expands an inventory type or a literal array, known before anything runs",
  },
  E_PLAN_WHEN: {
    stage: "check",
    exitCode: 10,
    hint: "a `when` compares outcomes of steps in `after`, and nothing else",
  },
  E_PLAN_OUTCOME: { stage: "check", exitCode: 10, hint: "compare with an outcome the step can have" },
  E_PLAN_BRANCH_INCOMPLETE: {
    stage: "check",
    exitCode: 10,
    hint: "let every combination of outcomes lead to one step that ends the plan",
  },
  E_PLAN_BRANCH_CONFLICT: {
    stage: "check",
    exitCode: 10,
    hint: "give the steps a `when`, so that only one way leads on",
  },
  E_PLAN_BRANCH_UNREAD: { stage: "check", exitCode: 10, hint: "let a later step's `when` read the outcome" },
  E_PLAN_BRANCH_LIMIT: {
    stage: "check",
    exitCode: 10,
    hint: "let fewer outcomes be open at the same time, or split the plan",
  },
  E_PLAN_RACE: { stage: "check", exitCode: 10, hint: "let one of the steps wait for the other" },
  E_PLAN_WAVES: {
    stage: "check",
    exitCode: 10,
    hint: "propose one step with `from: each` over fewer objects, or several plans",
  },
  E_PLAN_UNREACHABLE: { stage: "check", exitCode: 10, hint: "remove the step, or change the `when` that never holds" },
  E_PLAN_ON_FAILURE: { stage: "check", exitCode: 10, hint: "be at least as cautious as the action's own `onFailure`" },
  E_PLAN_INPUT: { stage: "check", exitCode: 10, hint: "give each input that the proposal names, and no other" },
  E_PLAN_GUARD_ARGUMENT: {
    stage: "check",
    exitCode: 10,
    hint: "an argument that a guard or an effect reads is known before the plan is approved",
  },
  E_PLAN_OBSERVATION: { stage: "plan", exitCode: 12, hint: "make the object readable, then plan again" },
  E_PLAN_HASH: {
    stage: "verify",
    exitCode: 15,
    hint: "the bytes are not those that were named: show and approve the plan again",
  },
  E_PACK_FILE: { stage: "parse", exitCode: 10, hint: "a pack holds regular files below its own folder" },
  E_PACK_UNTRUSTED: { stage: "trust", exitCode: 77, hint: "review the pack, then trust it", next: { do: "trust" } },
  E_SITUATION_ROW_SUM: { stage: "decide", exitCode: 10, hint: "make the probabilities of the row sum to 1" },
  E_SITUATION_PROBABILITY: { stage: "decide", exitCode: 10, hint: "give a probability between 0 and 1" },
  E_SITUATION_NUMBER: { stage: "decide", exitCode: 10, hint: "give a finite number" },
  E_SITUATION_ROW_LENGTH: {
    stage: "decide",
    exitCode: 10,
    hint: "give one number for each outcome, in the order of `outcomes`",
  },
  E_SITUATION_NAME_UNKNOWN: { stage: "decide", exitCode: 10, hint: "use a declared name" },
  E_SITUATION_NAME_DUPLICATE: { stage: "decide", exitCode: 10, hint: "give each its own name" },
  E_SITUATION_NAME_RESERVED: {
    stage: "decide",
    exitCode: 10,
    hint: "choose another name: every probe has this outcome anyway",
  },
  E_SITUATION_NO_UNKNOWN: {
    stage: "decide",
    exitCode: 10,
    hint: "end the list of contexts with `- id: unknown`; its numbers have defaults",
  },
  E_SITUATION_NO_ESCALATION: { stage: "decide", exitCode: 10, hint: "declare a response with `kind: escalate`" },
  E_SITUATION_SIZE: { stage: "decide", exitCode: 10, hint: "lower `horizon` or `maxUses`, or leave out a step" },
  E_SITUATION_HORIZON: { stage: "decide", exitCode: 10, hint: "use a horizon of 0 to 8 steps" },
  E_SITUATION_EVIDENCE: {
    stage: "decide",
    exitCode: 10,
    hint: "observe declared outcomes, each step as often as `maxUses` allows",
  },
  E_SITUATION_EVIDENCE_IMPOSSIBLE: {
    stage: "decide",
    exitCode: 14,
    hint: "no context explains this evidence: escalate, then correct the situation",
  },
  E_SECRET_UNAVAILABLE: {
    stage: "step",
    exitCode: 20,
    hint: "check the reference under `connections` in interlock.yaml",
  },
  E_CONNECTION_UNKNOWN: {
    stage: "plan",
    exitCode: 66,
    hint: "say under `connections` in interlock.yaml where it leads; see docs/connectors.md",
  },
  E_OBSERVE: { stage: "step", exitCode: 12, hint: "check that the target answers, then try again" },
  E_OUTPUT_SIZE: {
    stage: "step",
    exitCode: 22,
    hint: "the target answered more than was declared: look at it before you go on",
  },
  E_CONNECTION_SETTINGS: { stage: "usage", exitCode: 64, hint: "correct the connection in interlock.yaml" },
  E_CALL_INVALID: {
    stage: "step",
    exitCode: 20,
    hint: "nothing was sent: correct the action's `with`, or the argument that it binds",
  },
  E_TARGET_UNREACHABLE: {
    stage: "step",
    exitCode: 20,
    hint: "nothing was sent: check that the target runs and where the connection leads",
  },
  E_TARGET_REFUSED: { stage: "step", exitCode: 20, hint: "the target says that nothing was done: its answer says why" },
  E_FENCE_MOVED: {
    stage: "step",
    exitCode: 20,
    hint: "someone changed the target since it was read: look at it, then plan again",
  },
  E_TARGET_LOST: {
    stage: "step",
    exitCode: 22,
    hint: "the target may or may not have done it: look at it before you go on",
  },
  E_OUTPUT_INVALID: {
    stage: "step",
    exitCode: 22,
    hint: "the target answered what cannot be read: look at it before you go on",
  },
  E_TIMEOUT: { stage: "step", exitCode: 22, hint: "the target did not answer in time: look at it before you go on" },
  E_ENGINE_HALTED: {
    stage: "run",
    exitCode: 1,
    hint: "the store refused a commit: fix its cause, then resume",
    next: { do: "resume" },
  },
  E_OWNER_SILENT: {
    stage: "store",
    exitCode: 69,
    hint: "look at the process that owns the store, and at what it does",
    next: { do: "list_runs" },
  },
  E_APPROVAL_MISSING: {
    stage: "apply",
    exitCode: 11,
    hint: "let someone who did not propose it approve it",
    next: { do: "approve" },
  },
  E_APPROVAL_HASH: { stage: "apply", exitCode: 11, hint: "review this plan and approve its own hash" },
  E_APPROVAL_EXPIRED: { stage: "apply", exitCode: 11, hint: "review the plan again and approve it anew" },
  E_APPROVAL_SELF: {
    stage: "approve",
    exitCode: 11,
    hint: "let another person approve, or set `solo: true` in interlock.yaml where one operator works alone",
  },
  E_APPROVAL_REPLAY: { stage: "apply", exitCode: 11, hint: "an approval is used once: review and approve again" },
  E_APPROVAL_UNATTENDED: {
    stage: "approve",
    exitCode: 11,
    hint: "approve with an identity whose key has a passphrase",
  },
  E_APPROVAL_TARGET: {
    stage: "approve",
    exitCode: 11,
    hint: "name the target when you approve",
    next: { do: "approve_naming_targets" },
  },
  E_APPROVAL_CHANNEL: {
    stage: "approve",
    exitCode: 11,
    hint: "a person approves at a terminal; no client does it for them",
  },
  E_APPROVAL_SIGNATURE: { stage: "apply", exitCode: 15, hint: "approve the plan again" },
  E_ENVELOPE: { stage: "check", exitCode: 11, hint: "ask for an approval of this plan, or for a wider grant" },
  E_IDENTITY_EXISTS: { stage: "usage", exitCode: 64, hint: "choose another name" },
  E_IDENTITY_UNKNOWN: {
    stage: "usage",
    exitCode: 66,
    hint: "name a key that you have, or create one",
    next: { do: "list_identities" },
  },
  E_IDENTITY_LOCKED: { stage: "approve", exitCode: 11, hint: "type the passphrase again" },
  E_IDENTITY_UNREADABLE: { stage: "usage", exitCode: 66, hint: "restore the file or remove it" },
  E_TERMINAL_MISSING: {
    stage: "approve",
    exitCode: 11,
    hint: "run this at a terminal; under `environment: lab` an unattended identity may approve",
  },
  E_INTERRUPTED: { stage: "usage", exitCode: 130, hint: "nothing was changed" },
  E_APPROVAL_REJECTED: { stage: "apply", exitCode: 11, hint: "propose something else" },
  E_GRANT_UNKNOWN: { stage: "apply", exitCode: 11, hint: "record the grant first", next: { do: "grant" } },
  E_GRANT_EXHAUSTED: { stage: "apply", exitCode: 11, hint: "ask for an approval or a new grant" },
  E_PACK_DRIFT: { stage: "apply", exitCode: 12, hint: "plan again with the pack as it is now" },
  E_CONNECTION_CHANGED: { stage: "apply", exitCode: 12, hint: "plan again: a connection leads elsewhere now" },
  E_POLICY_CHANGED: { stage: "apply", exitCode: 12, hint: "plan again under the policies as they are now" },
  E_SITUATION_CHANGED: { stage: "apply", exitCode: 12, hint: "decide again: the situation's numbers changed" },
  E_EVIDENCE_CHANGED: { stage: "apply", exitCode: 12, hint: "decide again with the evidence as it is now" },
  E_ENGINE_CHANGED: { stage: "apply", exitCode: 12, hint: "plan again: this release executes by other rules" },
  E_TARGET_CHANGED: { stage: "step", exitCode: 12, hint: "plan again: the target is not as it was planned for" },
  E_TARGET_UNSEEN: { stage: "step", exitCode: 12, hint: "see that the target answers, then plan again" },
  E_LOCKED: { stage: "apply", exitCode: 13, hint: "wait for the run that holds the lock", next: { do: "show_locks" } },
  E_FROZEN: { stage: "apply", exitCode: 13, hint: "wait until the freeze is lifted", next: { do: "unfreeze" } },
  E_COOLDOWN: { stage: "step", exitCode: 13, hint: "wait: the action was used on this target a short time ago" },
  E_PARENT_OPEN: {
    stage: "apply",
    exitCode: 13,
    hint: "wait for the run before it to end, or settle it",
    next: { do: "list_runs" },
  },
  E_RUN_EXISTS: { stage: "run", exitCode: 64, hint: "give every run its own id" },
  E_RUN_UNKNOWN: { stage: "run", exitCode: 66, hint: "see which runs there are", next: { do: "list_runs" } },
  E_RUN_ENDED: { stage: "run", exitCode: 64, hint: "an end is final: propose a successor" },
  E_INPUT_UNEXPECTED: { stage: "run", exitCode: 64, hint: "see what the run is doing", next: { do: "watch" } },
  E_INPUT_STALE: { stage: "run", exitCode: 1, hint: "nothing to do: the run has gone on" },
  E_PERSON_REQUIRED: { stage: "run", exitCode: 77, hint: "a person has to do this, not an agent or a service" },
  E_STANDING_WITHDRAWN: { stage: "step", exitCode: 11, hint: "ask whoever keeps the policies" },
  E_STEP_PRECONDITION: { stage: "step", exitCode: 20, hint: "the world is not as the step needs it: plan again" },
  E_STEP_ARGUMENT: { stage: "step", exitCode: 20, hint: "an earlier step gave a value that this one does not take" },
  E_STEP_REJECTED: { stage: "step", exitCode: 20, hint: "see what the target answered" },
  E_STEP_UNVERIFIED: {
    stage: "step",
    exitCode: 22,
    hint: "look at the target, then say what you found",
    next: { do: "resolve" },
  },
  E_STEP_IN_DOUBT: {
    stage: "step",
    exitCode: 22,
    hint: "look at the target, then say what you found",
    next: { do: "resolve" },
  },
  E_POST_FAILED: { stage: "step", exitCode: 20, hint: "the target says done, the reading says otherwise: look at it" },
  E_ENGINE_LOST: { stage: "step", exitCode: 22, hint: "the engine was replaced while the call was in the air" },
  E_COMPENSATION_MISSING: {
    stage: "run",
    exitCode: 21,
    hint: "put it back by hand, then say so",
    next: { do: "resolve" },
  },
  E_COMPENSATION_FAILED: {
    stage: "run",
    exitCode: 21,
    hint: "put it back by hand, then say so",
    next: { do: "resolve" },
  },
  E_COMPENSATION_DRIFT: {
    stage: "run",
    exitCode: 21,
    hint: "someone else changed the target: look at it, then say what you found",
    next: { do: "resolve" },
  },
  E_GOAL_NOT_REACHED: {
    stage: "run",
    exitCode: 23,
    hint: "every step was done and the goal does not hold: look at it",
  },
  E_BUDGET: { stage: "run", exitCode: 23, hint: "the plan's bound is used up: plan again" },
  E_NO_ENDING: { stage: "run", exitCode: 1, hint: "this is a defect of ours: report it with the plan" },
  E_ESCALATED: { stage: "run", exitCode: 23, hint: "take over where the plan stopped" },
  E_PLAN_UNKNOWN: {
    stage: "usage",
    exitCode: 66,
    hint: "see the newest plan, or compile this one",
    next: { do: "show_plan" },
  },
  E_PLAN_DIGEST: { stage: "verify", exitCode: 15, hint: "compile the plan again" },
  E_FILE_CHANGED: { stage: "apply", exitCode: 15, hint: "review the plan by its hash", next: { do: "show_plan" } },
  E_SECRET_UNBOUND: { stage: "plan", exitCode: 66, hint: "bind it under `connections.NAME.secrets` in interlock.yaml" },
  E_ACTION_ROUND_TRIP: {
    stage: "run",
    exitCode: 20,
    hint: "the action stays irreversible until a round trip shows its way back",
  },
  E_FILE_EXISTS: { stage: "usage", exitCode: 64, hint: "choose another folder, or move the file away" },
  E_ALERT_INVALID: { stage: "parse", exitCode: 10, hint: "send Alertmanager's webhook form, version 4" },
  E_INCIDENT_OPEN: {
    stage: "run",
    exitCode: 13,
    hint: "follow the one under way",
    next: { do: "watch" },
  },
} as const satisfies Readonly<Record<`E_${string}`, CodeEntry>>;

/** The stable name of a refusal. */
export type Code = keyof typeof table;

/** The one list of codes. */
export const codes: Readonly<Record<Code, CodeEntry>> = table;

/** One refusal: `pointer` is a JSON Pointer into the document refused (`""` is its root). */
export interface Problem {
  readonly code: Code;
  readonly pointer: string;
  readonly message: string;
  readonly hint: string;
  /** What the hint asks for, as data; absent where there is nothing of ours to do next. Only a face words it. */
  readonly next?: NextStep;
}

/**
 * Builds a problem. It has the code's own hint and next step, unless the place knows better ones: a hint of its own comes
 * without the code's next step, a next step of its own replaces the code's.
 */
export function problem(code: Code, pointer: string, message: string, hint?: string, next?: NextStep): Problem {
  const entry = codes[code];
  const following = next ?? (hint === undefined ? entry.next : undefined);
  const found = { code, pointer, message, hint: hint ?? entry.hint };
  return following === undefined ? found : { ...found, next: following };
}
