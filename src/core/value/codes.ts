import type { ExitCode } from "./exit-codes.ts";
import type { NextStep } from "./next-step.ts";

/** Where a refusal happens, in the order of the data's way. */
export const stages = [
  "usage",
  "parse",
  "domain",
  "trust",
  "decide",
  "check",
  "plan",
  "approve",
  "apply",
  "step",
  "run",
  "store",
  "verify",
  "internal",
] as const;
export type Stage = (typeof stages)[number];

/** What everyone needs to know of a refusal. */
export interface CodeEntry {
  readonly stage: Stage;
  /** What the number means stands in `exit-codes.ts`. */
  readonly exitCode: ExitCode;
  /** What to do next, in one line; the place of use may give a more particular one. */
  readonly hint: string;
  /** What the hint asks for, as data, where it is something that Interlock does. */
  readonly next?: NextStep;
}

/** The parts of an entry that its stage does not say. */
type Row = readonly [exitCode: ExitCode, hint: string, next?: NextStep];

function at<Name extends `E_${string}`>(
  stage: Stage,
  rows: Readonly<Record<Name, Row>>,
): Readonly<Record<Name, CodeEntry>> {
  const entries = Object.entries<Row>(rows).map(([name, [exitCode, hint, next]]): [string, CodeEntry] => [
    name,
    next === undefined ? { stage, exitCode, hint } : { stage, exitCode, hint, next },
  ]);
  // The names are those of the rows, one for one.
  return Object.fromEntries(entries) as Record<Name, CodeEntry>;
}

// The one list of codes. A code is never renamed or reused: scripts rely on what it means (docs/compatibility.md).
const table = {
  ...at("usage", {
    E_USAGE: [64, "see how it is called", { do: "read_help" }],
    E_CLOSED: [64, "open the site again"],
    E_INPUT_MISSING: [66, "check the path"],
    E_PROPOSER_UNKNOWN: [66, "configure it under `proposers` in interlock.yaml"],
    E_CONNECTION_SETTINGS: [64, "correct the connection in interlock.yaml"],
    E_IDENTITY_EXISTS: [64, "choose another name"],
    E_IDENTITY_UNKNOWN: [66, "name a key that you have, or create one", { do: "list_identities" }],
    E_IDENTITY_UNREADABLE: [66, "restore the file or remove it"],
    E_OUTPUT_LOST: [1, "make room, or write it elsewhere: what was printed is not complete"],
    E_INTERRUPTED: [130, "nothing was changed"],
    E_PLAN_UNKNOWN: [66, "see your last plan, or compile this one", { do: "show_plan" }],
    E_PLAN_UNNAMED: [64, "name the plan you mean"],
    E_RUN_UNNAMED: [64, "name the run you mean", { do: "list_runs" }],
    E_FILE_EXISTS: [64, "choose another folder, or move the file away"],
  }),
  ...at("parse", {
    E_JSON_INVALID: [10, "write plain JSON: no comments, no trailing commas, no NaN"],
    E_JSON_DUPLICATE_KEY: [10, "keep one of the two keys"],
    E_JSON_KEY_FORBIDDEN: [10, "remove the key"],
    E_JSON_NUMBER: [10, "write a number that a double holds exactly as written, or a string"],
    E_JSON_DEPTH: [10, "nest at most 32 levels"],
    E_JSON_SIZE: [10, "keep the document below 1 MB"],
    E_JSON_UNICODE: [10, "use well-formed UTF-8 without lone surrogates"],
    E_YAML_INVALID: [10, "fix the YAML at the named line"],
    E_SCHEMA: [10, "give a value of the named type"],
    E_SCHEMA_UNKNOWN_FIELD: [10, "remove the field"],
    E_SCHEMA_MISSING_FIELD: [10, "add the field"],
    E_SCHEMA_VERSION: [10, "use a format and version that this release reads"],
    E_ACTION_NAME_CHARSET: [10, "names are lower-case ASCII letters, digits, `_` and `.`"],
    E_NAME_CHARSET: [10, "names are ASCII letters, digits, `_`, `-` and `.`"],
    E_INCIDENT_INVALID: [10, "see the format `interlock.incident/1` in docs/calibrate.md"],
    E_PACK_FILE: [10, "keep only regular files in the pack's folder"],
    E_ALERT_FOREIGN: [14, "give the alert to a person, or list it under `alerts` of the situation that answers it"],
    E_ALERT_INVALID: [10, "send Alertmanager's webhook form, version 4"],
  }),
  ...at("domain", {
    E_DOMAIN_NAME: [10, "use a name the domain declares"],
    E_DOMAIN_BINDING: [
      10,
      "bind `$arg`, `$property`, `$target`, `$secret`, `$fence`, `$key` or `$operation` to something declared",
    ],
    E_DOMAIN_OBSERVE: [10, "declare `observe` on the type, with every fact and a fingerprint"],
    E_DOMAIN_EFFECT: [10, "write effects as `fact = constant | arg.name`"],
    E_DOMAIN_OUTCOME: [
      10,
      "give each outcome its own name; `none_of_these`, `no_answer`, `not_run`, `done` and `failed` are taken",
    ],
    E_DOMAIN_POST: [10, "declare `post`: a write is done only when it was read back"],
    E_DOMAIN_READ: [10, "use an operation that cannot write, or declare the action a write"],
    E_DOMAIN_WAVES: [10, "a write goes on after a failure only with `onFailure: branch`; else leave `abortAbove` at 0"],
    E_DOMAIN_OPERATION: [10, "let `ask` be a read that names the operation; only a write has an `operation`"],
  }),
  ...at("trust", {
    E_PACK_UNTRUSTED: [77, "review the pack, then trust it", { do: "trust" }],
  }),
  ...at("decide", {
    E_SITUATION_TERMS: [10, "say in the situation which alerts it answers, what is to hold, and who else can tell"],
    E_SITUATION_UNBOUND: [10, "bind the step or response to an action of the domain"],
    E_SITUATION_OUTCOMES: [10, "give the probe the outcomes its action declares: the plan pins that classifier"],
    E_JUDGE_QUESTION: [10, "offer at least two distinct answers"],
    E_JUDGE_UNCALIBRATED: [10, "measure the judge on closed incidents first, or decide without it"],
    E_JUDGE_REPEATED: [10, "keep one answer to each question"],
    E_SITUATION_ROW_SUM: [10, "make the probabilities of the row sum to 1"],
    E_SITUATION_PROBABILITY: [10, "give a probability between 0 and 1"],
    E_SITUATION_NUMBER: [10, "give a finite number"],
    E_SITUATION_ROW_LENGTH: [10, "give one number for each outcome, in the order of `outcomes`"],
    E_SITUATION_NAME_UNKNOWN: [10, "use a declared name"],
    E_SITUATION_NAME_DUPLICATE: [10, "give each its own name"],
    E_SITUATION_NAME_RESERVED: [10, "choose another name: every probe has this outcome anyway"],
    E_SITUATION_NO_UNKNOWN: [10, "end the list of contexts with `- id: unknown`; its numbers have defaults"],
    E_SITUATION_NO_ESCALATION: [10, "declare a response with `kind: escalate`"],
    E_SITUATION_SIZE: [10, "lower `horizon` or `maxUses`, or leave out a step"],
    E_SITUATION_HORIZON: [10, "use a horizon of 0 to 8 steps"],
    E_SITUATION_EVIDENCE: [10, "observe declared outcomes, each step as often as `maxUses` allows"],
    E_SITUATION_EVIDENCE_IMPOSSIBLE: [14, "no context explains this evidence: escalate, then correct the situation"],
  }),
  ...at("check", {
    E_GUARD_PARSE: [
      10,
      "guards know `== != < <= > >= in && || !`, names, constants and `inventory.T.all|exists(x, …)`",
    ],
    E_GUARD_REGEX: [10, "classify text in a probe's classifier; a guard compares declared outcomes"],
    E_GUARD_NONDETERMINISTIC: [
      10,
      "use a `wait` step or an observed fact instead of a clock, chance or the environment",
    ],
    E_GUARD_TYPE: [10, "compare values of one type"],
    E_GUARD_UNBOUNDED: [10, "compare it with a constant or an argument"],
    E_GUARD_NAME: [10, "use a declared name"],
    E_GUARD_SIZE: [10, "split the guard"],
    E_COMP_MISSING: [10, "declare `compensate`, or `class: irreversible`"],
    E_NO_WAY_BACK: [10, "propose a repair, and plan that"],
    E_COMP_CLASS: [
      10,
      "let it be undone by a reversible action (no class means irreversible), or declare it `class: irreversible`",
    ],
    E_COMP_THEN_RUN: [10, "name an action whose own `compensate` has no `thenRun`"],
    E_COMP_TARGET: [10, "a compensation acts on the target of the action it undoes"],
    E_PROPOSER_FAILED: [
      69,
      "check the proposer's address, model and key under `proposers` in interlock.yaml, or propose by hand",
    ],
    E_PROPOSAL_DECLINED: [14, "the proposer has no plan: ask another one, or a person"],
    E_ACTION_UNKNOWN: [10, "use an action the domain declares"],
    E_ACTION_KIND: [
      10,
      "`act` and `probe` name an action, the other kinds have none; a probe's action is a read with outcomes",
    ],
    E_ARG_MISSING: [10, "give every argument the action declares"],
    E_ARG_UNKNOWN: [10, "remove the argument"],
    E_ARG_SCHEMA: [10, "give a value of the type the action declares"],
    E_ARG_PATH: [10, "give a relative path below the connection's root, without `..`"],
    E_ARG_URL: [10, "give an http(s) address whose host the action lists"],
    E_ARG_SECRET_LITERAL: [10, "secrets are bound by the action's declaration, never written into a proposal"],
    E_TAINT: [10, "an outside value reaches a write only through an enumeration, a range or the inventory"],
    E_PLAN_EMPTY: [10, "propose at least one step, or say in `decline` why there is none"],
    E_PLAN_SIZE: [10, "split the plan"],
    E_PLAN_STEP_ID: [10, "give each step its own id"],
    E_PLAN_CYCLE: [10, "remove one of the steps from the other's `after`"],
    E_PLAN_DANGLING_REF: [10, "name a step of this plan, before the reader, and a declared field of its output"],
    E_PLAN_REF_TARGET: [10, "name the target in the proposal: it is what people approve"],
    E_PLAN_REF_TYPE: [10, "refer to a field whose type fits the argument"],
    E_PLAN_REF_PATH: [10, "let the reader's `when` require that the producer ran and answered"],
    E_PLAN_UNBOUNDED_LOOP: [10, "`each` expands an inventory type or a literal array, known before anything runs"],
    E_PLAN_WHEN: [10, "a `when` compares outcomes of steps in `after`, and nothing else"],
    E_PLAN_BRANCH_INCOMPLETE: [10, "let every combination of outcomes lead to one step that ends the plan"],
    E_PLAN_BRANCH_CONFLICT: [10, "give the steps a `when`, so that only one way leads on"],
    E_PLAN_BRANCH_UNREAD: [10, "let a later step's `when` read the outcome"],
    E_PLAN_SILENT_WRITE: [
      10,
      "let the write follow from `approved` or a declared outcome alone, and let every other answer lead to `escalate`",
    ],
    E_PLAN_BRANCH_LIMIT: [10, "let fewer outcomes be open at the same time, or split the plan"],
    E_PLAN_RACE: [10, "let one of the steps wait for the other"],
    E_PLAN_WAVES: [10, "propose one step with `from: each`, or let one step wait for the other"],
    E_PLAN_UNREACHABLE: [10, "remove the step, or change the `when` that never holds"],
    E_PLAN_ON_FAILURE: [10, "be at least as cautious as the action's own `onFailure`"],
    E_PLAN_INPUT: [10, "give each input that the proposal names, and no other"],
    E_PLAN_GUARD_ARGUMENT: [10, "an argument that a guard or an effect reads is known before the plan is approved"],
    E_ENVELOPE: [11, "ask for an approval of this plan, or for a wider grant"],
  }),
  ...at("plan", {
    E_PLAN_OBSERVATION: [12, "make the object readable, then plan again"],
    E_FENCE_WEAK: [
      10,
      "let the target give strong tags (a proxy that compresses makes them weak), fence by a field of the body, or " +
        "say `weakTags: true` beside `ifMatch` if the target compares weak tags",
    ],
    E_FACT_TYPE: [12, "correct the type or the `map` of the fact in the domain, or the value at the target"],
    E_EFFECT_PRE: [10, "put a step before it that makes its precondition true, or leave it out"],
    E_EFFECT_EXPECT: [10, "expect what the step does, or leave the expectation out"],
    E_EFFECT_INVARIANT: [10, "change first what the invariant needs, or leave the step out"],
    E_EFFECT_NOT_RESTORED: [10, "add a step that makes the invariant true, or end the plan with `escalate`"],
    E_EFFECT_SIDE_BY_SIDE: [10, "let one of the two steps wait for the other"],
    E_EFFECT_GOAL: [10, "add the step that reaches the goal, or correct the goal"],
    E_EFFECT_UNDO_PRE: [10, "let the step that begins the way back escalate, or change the order of the steps"],
    E_EFFECT_UNDO_RESTORES: [10, "let the domain put back what was before, or let the step escalate when it fails"],
    E_EFFECT_UNDO_INVARIANT: [10, "let the step that begins the way back escalate, or change the order of the steps"],
    E_EFFECT_LIMIT: [10, "let fewer steps run side by side, or split the plan"],
    E_PROGRAM_WRITTEN: [
      10,
      "list the file under `unpinned` in the action's `with`, or leave out the step that changes it",
    ],
    E_CONNECTION_UNKNOWN: [66, "say under `connections` in interlock.yaml where it leads; see docs/connectors.md"],
    E_SECRET_UNBOUND: [66, "bind it under `connections.NAME.secrets` in interlock.yaml"],
  }),
  ...at("approve", {
    E_NOT_PERMITTED: [77, "let a person do it"],
    E_APPROVAL_SELF: [
      11,
      "let another person approve, or set `solo: true` in interlock.yaml if one operator works alone",
    ],
    E_APPROVAL_UNATTENDED: [11, "approve with an identity whose key has a passphrase"],
    E_APPROVAL_TARGET: [11, "type the action and its target when you approve", { do: "approve_naming_targets" }],
    E_APPROVAL_CHANNEL: [11, "a person approves at a terminal; no client can do it"],
    E_RISK_REFUSED: [11, "change the plan, or ask the people who keep `approvals.refuseRisks` in interlock.yaml"],
    E_APPROVAL_SHORT: [11, "let the approval count for longer, or split the plan where it waits"],
    E_SIGNER_FAILED: [11, "nothing was signed: see what the signer says"],
    E_IDENTITY_LOCKED: [11, "type the passphrase again"],
    E_TERMINAL_MISSING: [11, "run this at a terminal; under `environment: lab` an unattended identity may approve"],
  }),
  ...at("apply", {
    E_DOMAIN_DRIFT: [12, "plan again with the domain as it is now"],
    E_APPROVAL_MISSING: [11, "let someone who did not propose it approve it", { do: "approve" }],
    E_APPROVAL_HASH: [11, "review this plan and approve its own hash"],
    E_APPROVAL_EXPIRED: [11, "review the plan again and approve it anew"],
    E_APPROVAL_TERMS: [11, "approve the plan again with this release"],
    E_ANSWER_UNSIGNED: [11, "answer with a key, as you approve"],
    E_ANSWER_MISMATCH: [11, "look at the question again, and answer that"],
    E_APPROVAL_STORE: [
      11,
      "a copied, moved or restored store starts nothing that was signed before: approve again here",
    ],
    E_APPROVAL_REPLAY: [11, "an approval is used once: review and approve again"],
    E_APPROVAL_SIGNATURE: [15, "approve the plan again"],
    E_APPROVAL_REJECTED: [11, "propose something else"],
    E_GRANT_UNKNOWN: [11, "record the grant first", { do: "grant" }],
    E_GRANT_EXHAUSTED: [11, "ask for an approval or a new grant"],
    E_PACK_DRIFT: [12, "plan again with the pack as it is now"],
    E_PROGRAM_CHANGED: [12, "look at what the program is now, then plan again and have that plan approved"],
    E_CONNECTION_CHANGED: [12, "plan again: a connection leads elsewhere now"],
    E_POLICY_CHANGED: [12, "plan again under the policies as they are now"],
    E_SITUATION_CHANGED: [12, "decide again: the situation's numbers changed"],
    E_EVIDENCE_CHANGED: [12, "decide again with the evidence as it is now"],
    E_ENGINE_CHANGED: [12, "plan again: this release executes by other rules"],
    E_LOCKED: [13, "wait for the run that holds the lock", { do: "show_locks" }],
    E_CLOCK_SKEW: [13, "correct the clock, or let a person accept the difference", { do: "anchor_clock" }],
    E_LOG_ROLLED_BACK: [
      13,
      "put the newest copy of the store back, or let a person accept the log as it is",
      { do: "accept_log" },
    ],
    E_LOG_UNREMEMBERED: [13, "make room there or let this user write there, or set XDG_STATE_HOME to another folder"],
    E_FROZEN: [13, "wait until the freeze is lifted, or ask who froze it", { do: "show_locks" }],
    E_PARENT_OPEN: [13, "wait for the run before it to end, or settle it", { do: "list_runs" }],
    E_FILE_CHANGED: [15, "review the plan by its hash", { do: "show_plan" }],
  }),
  ...at("step", {
    E_SECRET_UNAVAILABLE: [20, "check the reference under `connections` in interlock.yaml"],
    E_OBSERVE: [12, "check that the target answers, then try again"],
    E_OUTPUT_SIZE: [22, "the target answered more than was declared: look at it before you go on"],
    E_CALL_INVALID: [20, "nothing was sent: correct the action's `with`, or the argument that it binds"],
    E_TARGET_UNREACHABLE: [20, "nothing was sent: check that the target runs and where the connection leads"],
    E_TARGET_REFUSED: [20, "the target says that it did nothing: its answer says why"],
    E_FENCE_MOVED: [20, "someone changed the target since it was read: look at it, then plan again"],
    E_TARGET_LOST: [22, "the target may or may not have done it: look at it before you go on"],
    E_OUTPUT_INVALID: [22, "the answer cannot be read: look at the target before you go on"],
    E_CONNECTOR_REPLY: [
      22,
      "look at the target before you go on; its connector has a fault that the contract suite finds",
    ],
    E_TIMEOUT: [22, "the target did not answer in time: look at it before you go on"],
    E_TARGET_CHANGED: [12, "plan again: the target is no longer as the plan expects it"],
    E_TARGET_UNSEEN: [12, "check that the target answers, then plan again"],
    E_FACT_UNSEEN: [12, "nothing was sent: let the target show the fact, or declare a way back that does not need it"],
    E_COOLDOWN: [13, "wait: the action was used on this target a short time ago"],
    E_STANDING_WITHDRAWN: [11, "ask the people who keep the policies"],
    E_STEP_PRECONDITION: [20, "the world is not as the step needs it: plan again"],
    E_INVARIANT_AHEAD: [20, "nothing was sent: see what else must change first, then plan again"],
    E_STEP_ARGUMENT: [20, "an earlier step gave a value that this one does not take"],
    E_STEP_REJECTED: [20, "see what the target answered"],
    E_STEP_ABSENT: [
      20,
      "nothing of it is seen, and it can land no more: see why the target did nothing, then plan again",
    ],
    E_STEP_RAN: [23, "look at what it printed, and at what it may have changed", { do: "explain" }],
    E_STEP_UNVERIFIED: [22, "look at the target, then say what you found", { do: "resolve" }],
    E_EFFECT_UNSEEN: [
      22,
      "look at the target, and at what it still has to do; then say what you found",
      { do: "resolve" },
    ],
    E_OPERATION_UNNAMED: [
      22,
      "look whether it runs; correct where `operation.id` looks for the id, or say what you found",
      { do: "resolve" },
    ],
    E_OPERATION_OVERDUE: [
      22,
      "look at the operation in its own system, and end it there if it hangs: it is asked about until it has ended",
      { do: "resume" },
    ],
    E_OPERATION_FAILED: [20, "look at the operation in its own system: it may have done a part", { do: "explain" }],
    E_OPERATION_CANCELLED: [
      20,
      "look at the target: it may have done a part before it was cancelled",
      { do: "explain" },
    ],
    E_POST_FAILED: [20, "the target says done, the reading says otherwise: look at it"],
    E_ENGINE_LOST: [22, "the engine was replaced during the call: look at the target before you go on"],
  }),
  ...at("run", {
    E_ENGINE_HALTED: [1, "the store refused a commit: fix its cause, then resume", { do: "resume" }],
    E_RUN_EXISTS: [64, "give every run its own id"],
    E_RUN_UNKNOWN: [66, "see which runs there are", { do: "list_runs" }],
    E_CALLED_OFF: [24, "what was in flight was settled first: see what stays written", { do: "explain" }],
    E_RUN_WAITS: [13, "see what it waits for: it keeps its locks until then", { do: "explain" }],
    E_RUN_ENDED: [64, "an end is final: see what the run did, and propose a successor", { do: "explain" }],
    E_INPUT_UNEXPECTED: [64, "see what the run is doing", { do: "watch" }],
    E_INPUT_STALE: [1, "nothing to do: the run has gone on"],
    E_OPERATION_UNDER_WAY: [
      13,
      "end it in its own system: the run goes on once that says so; if it never will, kill the run, then close it",
      { do: "resume" },
    ],
    E_PERSON_REQUIRED: [77, "a person has to do this, not an agent or a service"],
    E_REASON_MISSING: [64, "say why: the log keeps it, and the run's end repeats it"],
    E_WORD_READ: [26, "look at the target once more later: a reading shows only the moment at which it was made"],
    E_WORD_UNREAD: [26, "look at the target as soon as it can be read: nothing but a person's word says how it is"],
    E_WORD_REFUTED: [21, "look at the target again, then say what you found", { do: "resolve" }],
    E_COMPENSATION_MISSING: [21, "put it back by hand, then say so", { do: "resolve" }],
    E_COMPENSATION_FAILED: [21, "put it back by hand, then say so", { do: "resolve" }],
    E_COMPENSATION_DRIFT: [
      21,
      "someone else changed the target: look at it, then say what you found",
      { do: "resolve" },
    ],
    E_INVARIANT_BROKEN: [27, "look at the objects it names: a person has to put them right"],
    E_GOAL_NOT_REACHED: [23, "every step was done and the goal does not hold: look at it"],
    E_BUDGET: [23, "the plan's bound is used up: plan again"],
    E_NO_ENDING: [1, "this is a defect of Interlock: report it with the plan"],
    E_ROLLBACK_PLANNED: [20, "see which outcome led there, and what was undone", { do: "explain" }],
    E_ESCALATED: [23, "take over where the plan stopped"],
    E_ACTION_ROUND_TRIP: [20, "the action stays irreversible until a round trip shows its way back"],
    E_INCIDENT_OPEN: [13, "follow the one under way", { do: "watch" }],
    E_INCIDENT_UNKNOWN: [66, "name an incident that is open: `respond` says its id when it begins"],
    E_INCIDENT_CLOSED: [64, "a closed incident takes no more evidence: give the alert to `respond` again"],
    E_EVIDENCE_CONTRADICTS: [16, "look yourself which of the two is right"],
    E_NOTIFICATION_FAILED: [
      69,
      "put the notifier right: the notification is kept and tried again",
      { do: "deliver_notifications" },
    ],
    E_NOTIFICATION_UNKNOWN: [64, "see what waits for whom", { do: "list_inbox" }],
  }),
  ...at("store", {
    E_STORE_LOCKED: [13, "another process runs here: wait for it, or see what it does", { do: "list_runs" }],
    E_STORE_FULL: [1, "free some space, then resume: nothing was sent that is not recorded", { do: "resume" }],
    E_STORE_IO: [
      1,
      "put right what the message names, then resume: nothing was sent that is not recorded",
      { do: "resume" },
    ],
    E_STORE_FENCED: [1, "another engine took over this store: let it finish"],
    E_STORE_JOURNAL: [64, "open the site with the journal that it was begun with"],
    E_STORE_VERSION: [1, "open it with the release that wrote it, or a newer one"],
    E_BODY_KEPT: [13, "leave it out, or wait until the run and what builds on it have ended", { do: "list_runs" }],
    E_BODY_ARCHIVED: [66, "put it back from its archive", { do: "restore_bodies" }],
    E_BODY_REMOVED: [
      66,
      "nothing can bring it back; the list of runs and the log's chain still say that it ran, when, and how it ended",
      { do: "list_runs" },
    ],
    E_ARCHIVE: [15, "use the archive that the removal's record names by digest"],
    E_BACKUP_EXISTS: [64, "name an empty folder"],
    E_STORE_CORRUPT: [15, "keep the files as they are and restore a backup"],
    E_OWNER_SILENT: [69, "look at the process that owns the store, and at what it does", { do: "list_runs" }],
  }),
  ...at("verify", {
    E_LOG_CHAIN: [15, "keep the store as it is, restore a backup beside it and compare from this record on"],
    E_LOG_TRUNCATED: [15, "records that were acknowledged are gone: restore a backup and compare"],
    E_PLAN_DIGEST: [15, "compile the plan again"],
  }),
  ...at("internal", {
    E_PORT_ANSWER: [1, "correct the port that the message names: its contract suite finds such faults"],
    E_UNSTORABLE: [1, "give plain data: well-formed text, finite numbers, no cycle"],
    E_SYSTEM: [1, "put right what the operating system refused, then try again"],
    E_INTERNAL: [1, "this is a defect of Interlock: report it with the message"],
  }),
} satisfies Readonly<Record<`E_${string}`, CodeEntry>>;

/** The stable name of a refusal. */
export type Code = keyof typeof table;

/** Codes of earlier releases that nothing gives any more. None of them comes back with another meaning. */
export const retiredCodes: readonly `E_${string}`[] = ["E_PLAN_HASH", "E_PLAN_OUTCOME", "E_STEP_IN_DOUBT"];

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
 * Builds a problem. It has the code's own hint and next step, unless the place knows better ones: a hint of its own
 * comes without the code's next step, a next step of its own replaces the code's.
 */
export function problem(code: Code, pointer: string, message: string, hint?: string, next?: NextStep): Problem {
  const entry = codes[code];
  const following = next ?? (hint === undefined ? entry.next : undefined);
  const found = { code, pointer, message, hint: hint ?? entry.hint };
  return following === undefined ? found : { ...found, next: following };
}
