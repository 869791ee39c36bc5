/**
 * The door: everything Interlock does, behind one object. A face (command line, server, console, an agent's gateway)
 * imports this file and `core/value`, and nothing else.
 *
 *     intent ─► proposals ─► decision ─► plan ─► approval ─► run ─► log
 *
 * Each arrow is one method. Data goes in and data comes out. A problem is a value with a stable code; nothing here
 * throws for what can be expected to go wrong, prints, exits, or knows how a face words things. What to do next is data
 * too (`NextStep`).
 *
 * Everything is loaded when it is first used, so opening a site costs next to nothing.
 */

import type { Problem } from "./core/value/codes.ts";
import { ok, type Result } from "./core/value/result.ts";
import type { Operated, OperateRequest } from "./flow/apply/operate.ts";
import type { Resumed } from "./flow/apply/resume.ts";
import type { Run } from "./flow/apply/run.ts";
import type { TestActionAsker, TestActionRequest, TestedAction } from "./flow/apply/test-action.ts";
import type { Approved, ApproveRequest, Rejected, RejectRequest, Reviewer } from "./flow/approve/approve.ts";
import type { Granted, GrantRequest, GrantReviewer, Grants } from "./flow/approve/grant.ts";
import type { Answerer } from "./flow/approve/sign-answer.ts";
import type { SignerRequest } from "./flow/approve/signer.ts";
import type { Calibrated, CalibrateRequest } from "./flow/decide/calibrate.ts";
import type { CalibratedJudge, CalibrateJudgeRequest } from "./flow/decide/calibrate-judge.ts";
import type { Decided, DecideRequest } from "./flow/decide/decide.ts";
import type { Elicited } from "./flow/decide/elicit.ts";
import type { Interviewer } from "./flow/decide/interviewer.ts";
import type { Acknowledged, AcknowledgeRequest } from "./flow/notify/acknowledge.ts";
import type { Inbox, InboxRequest } from "./flow/notify/inbox.ts";
import type { Notified, NotifyRequest } from "./flow/notify/notify.ts";
import type { DryRun } from "./flow/plan/dry-run.ts";
import type { PlanRequest } from "./flow/plan/plan.ts";
import type { Compiled } from "./flow/plan/plan-proposal.ts";
import type { DiffedPlans, ShownPlan } from "./flow/plan/show.ts";
import type { Proposed, ProposeRequest } from "./flow/propose/propose.ts";
import type { ObservedByPerson, ObserveRequest } from "./flow/respond/observe.ts";
import type { Asker, Responded, RespondRequest } from "./flow/respond/request.ts";
import type { Checked, CheckRequest } from "./flow/site/check.ts";
import type { CloseOptions } from "./flow/site/close-options.ts";
import { type InterlockPorts, type SiteAddress, takeEntrance } from "./flow/site/entrance.ts";
import type { ExamineRequest, Finding } from "./flow/site/examine.ts";
import type { CreateIdentityRequest, ImportIdentityRequest } from "./flow/site/identities.ts";
import type { BundledPack, InitRequest } from "./flow/site/init.ts";
import type { Settings } from "./flow/site/settings.ts";
import type { Trusted, TrustView, WithdrawnTrust, WithdrawTrustRequest } from "./flow/site/trust.ts";
import type { ListedActions } from "./flow/tell/actions.ts";
import type { ExplainedRun, ExplainRequest } from "./flow/tell/explain.ts";
import type { Locked } from "./flow/tell/locks.ts";
import type { Measured } from "./flow/tell/metrics.ts";
import type { PlansPage, PlansRequest } from "./flow/tell/plans.ts";
import type { Replayed, ReplayRequest } from "./flow/tell/replay.ts";
import type { FaultReport, ReportFaultRequest } from "./flow/tell/report-fault.ts";
import type { RunsPage, RunsRequest } from "./flow/tell/runs.ts";
import type { ExportRequest, Verified, VerifyRequest } from "./flow/tell/verify.ts";
import type { WatchedRun } from "./flow/tell/watch.ts";
import type { Archived, ArchiveRequest } from "./flow/upkeep/archive.ts";
import type { Backup } from "./flow/upkeep/back-up.ts";
import type { Archives } from "./flow/upkeep/list-archives.ts";
import type { RestoredArchive, RestoreRequest } from "./flow/upkeep/restore.ts";
import type { Upgraded, UpgradeRequest } from "./flow/upkeep/upgrade.ts";
import type { IdentityView } from "./identities/identity.ts";
import type { Scaffold } from "./packs/scaffold.ts";
import type { Signer } from "./ports.ts";

/** What an arrow gives: its result, or every problem that stands against it, in the order they would be met. */
export type Answer<T> = Promise<Result<T, readonly Problem[]>>;

export { problem } from "./core/value/codes.ts";
export { fail, ok } from "./core/value/result.ts";
export { systemUser } from "./flow/site/system-user.ts";
export { readInputFile, readInputLines, readInputStream } from "./intake/read-input.ts";
export type * from "./public-types.ts";

/** One site, ready for work. Methods may be called side by side. */
export interface Interlock {
  // ---------------------------------------------------------------------------------------------------------- the site
  /**
   * Begins a site in a folder: an `interlock.yaml`, and a pack beside it. Nothing that exists is overwritten.
   *
   * @returns what was written; `E_FILE_EXISTS` where something stands in the way, `E_INPUT_MISSING` for an unknown pack
   */
  init(request: InitRequest): Answer<Scaffold>;
  /** The packs that a site can begin with, as `init` names them. */
  packs(): Answer<readonly BundledPack[]>;
  /**
   * Creates a key with which a person approves, in the folder of identities.
   *
   * @returns the key without its private part; `E_IDENTITY_EXISTS`, `E_NAME_CHARSET`, or what `choosePassphrase`
   *   refused
   */
  createIdentity(request: CreateIdentityRequest): Answer<IdentityView>;
  /**
   * Makes a public key known, so that what its owner signs elsewhere counts here.
   *
   * @returns the key; `E_IDENTITY_EXISTS`, or `E_SCHEMA` where it is no Ed25519 key
   */
  importIdentity(request: ImportIdentityRequest): Answer<IdentityView>;
  /**
   * The keys that are known here, by name.
   *
   * @returns `E_IDENTITY_UNREADABLE` where a file in the folder is no key
   */
  identities(): Answer<readonly IdentityView[]>;
  /**
   * Records that a person trusts the site's pack exactly as it is now: plans may then observe with it.
   *
   * @returns the pack with its digest; every problem of the configuration and the pack
   */
  trust(): Answer<Trusted>;
  /** What was ever trusted here, newest first, and what of it was withdrawn. */
  trusts(): Answer<readonly TrustView[]>;
  /**
   * Records that a pack or an `interlock.yaml` is trusted no more, by its digest. Plans that were made with it cannot
   * be approved or applied until it is trusted again. A run that is under way goes on.
   *
   * @returns `E_USAGE` where nothing that is trusted has such a digest, or more than one has
   */
  withdrawTrust(request: WithdrawTrustRequest): Answer<WithdrawnTrust>;
  /**
   * Looks at everything that a first run needs, and says what is missing. Changes nothing.
   *
   * @returns a finding a question; what is missing is a finding with `state: "bad"`, and no problem
   */
  examine(request: ExamineRequest): Answer<readonly Finding[]>;
  /**
   * The settings that are in force. Secrets are references and are never resolved.
   *
   * @returns every problem of interlock.yaml
   */
  settings(): Answer<Settings>;
  // ---------------------------------------------------------------------------------------------- from intent to a run
  /**
   * Finds everything in a proposal, a situation or a pack that can be refused without looking at the world.
   *
   * @returns every problem, each with a pointer to its place
   */
  check(request: CheckRequest): Answer<Checked>;
  /** What may be done here, and which ways back were tried. */
  actions(): Answer<ListedActions>;
  /**
   * Does an action on the real target and undoes it; its success makes the action reversible.
   *
   * @returns `E_NO_WAY_BACK` where the action declares no way back; the problems of `plan`, `approve` and `apply`
   */
  testAction(request: TestActionRequest, asker: TestActionAsker): Answer<TestedAction>;
  /**
   * Belief → decision: exact, within the limit on risk, and explained. Needs no site. The same request gives the same
   * decision, bit for bit.
   *
   * @returns the decision, also where no policy keeps the limit (`keepsLimit` is false then); every problem of the
   *   situation, of a judge, or of what was observed
   */
  decide(request: DecideRequest): Answer<Decided>;
  /**
   * Learns a situation's numbers from closed incidents, and judges its forecasts. Writes nothing.
   *
   * @returns every problem of a line that cannot be read, if `isStrict`; otherwise such lines are left out and listed.
   *   `E_INCIDENT_INVALID` where no incident is left; the problems of the situation
   */
  calibrate(request: CalibrateRequest): Answer<Calibrated>;
  /**
   * Measures a judge on closed incidents.
   *
   * @returns `E_JUDGE_UNCALIBRATED` where too few answers were measured
   */
  calibrateJudge(request: CalibrateJudgeRequest): Answer<CalibratedJudge>;
  /**
   * Interviews a person for a situation's numbers, and questions the answers. Writes nothing.
   *
   * @param request.situation - the situation to go on with as it was written, or `null` to begin one
   */
  elicit(request: { readonly situation: Uint8Array | null }, interviewer: Interviewer): Answer<Elicited>;
  /**
   * Intent → proposal → plan: asks a proposer, and puts its answer through the ordinary gate.
   *
   * @returns what the proposer answered; `E_PROPOSER_UNKNOWN`. What the gate refused stands in `compiled`, and so do
   *   `E_PROPOSER_FAILED` and `E_PROPOSAL_DECLINED`
   */
  propose(request: ProposeRequest): Answer<Proposed>;
  /**
   * Proposal → plan: compiles a proposal against the domain and the world as it is now, and records the plan. The plan
   * keeps the actor (`preparedBy`), unless that is the person on whose behalf it is proposed.
   *
   * @returns the plan, or that the goal holds already; every problem of the proposal, `E_PACK_UNTRUSTED` before
   *   `trust`, `E_PLAN_OBSERVATION` where an object cannot be read, `E_PERSON_REQUIRED` where an agent or a service
   *   says that a person made the proposal
   */
  plan(request: PlanRequest): Answer<Compiled>;
  /**
   * Plans that were made here, newest first, page by page: which wait for approval, were approved, rejected, used or
   * expired; by whom, when and why. A store that does not exist yet has none: that is no problem.
   *
   * @returns `E_USAGE` for a page of another size than 1 to 1000
   */
  plans(request: PlansRequest): Answer<PlansPage>;
  /**
   * A plan as people review it: what is shown is what is signed.
   *
   * @param request.plan - its id, the beginning of its hash, the absolute path of its file, or `last`: the plan that
   *   the actor's own last `plan`, `propose` or `rollback` here gave
   * @returns `E_PLAN_UNKNOWN`, `E_PLAN_UNNAMED` where no plan is the last one, or `E_FILE_CHANGED` for a file that is
   *   not as it was written
   */
  show(request: { readonly plan: string }): Answer<ShownPlan>;
  /**
   * What distinguishes two plans, each named as for `show`.
   *
   * @returns `E_PLAN_UNKNOWN`, `E_FILE_CHANGED`
   */
  diff(request: { readonly before: string; readonly after: string }): Answer<DiffedPlans>;
  /**
   * Plan → approval: has a person sign the plan's hash. Nothing is signed that could never count.
   *
   * @param by - a key, or a face's way to ask a person
   * @returns the approval; `E_PLAN_UNKNOWN`, `E_APPROVAL_REJECTED`, `E_APPROVAL_SELF` for one's own plan,
   *   `E_APPROVAL_TARGET` where a target is not named, `E_APPROVAL_UNATTENDED` outside a lab, what the signer refused
   */
  approve(request: ApproveRequest, by: Signer | Reviewer): Answer<Approved>;
  /**
   * The key to approve or grant with: the one named, else the only one. It asks for its passphrase at each signature.
   *
   * @returns `E_IDENTITY_UNKNOWN` where no key fits, or more than one
   */
  signer(request: SignerRequest): Answer<Signer>;
  /**
   * Records that somebody does not want a plan. It cannot be approved afterwards.
   *
   * @returns `E_PLAN_UNKNOWN`
   */
  reject(request: RejectRequest): Answer<Rejected>;
  /**
   * Has a person sign a permission in advance: plans that fit what is left of it need no approval.
   *
   * @param by - a key, or a face's way to ask a person
   * @returns the grant; `E_ACTION_UNKNOWN`, `E_DOMAIN_NAME` and `E_ENVELOPE` for what the domain does not permit
   */
  grant(request: GrantRequest, by: Signer | GrantReviewer): Answer<Granted>;
  /** Grants with what is left of each, newest first. */
  grants(): Answer<Grants>;
  /**
   * Approval → run: starts an approved plan, here or in the process that owns the store. `run.events()` follows it.
   *
   * @param request.plan - as for `show`; `last` also means the plan that the actor approved last, and none that has run
   * @returns the run, which has started; how it ends is told by `run.atRest()`. `E_APPROVAL_MISSING`,
   *   `E_APPROVAL_EXPIRED`, `E_APPROVAL_REPLAY`, `E_TARGET_CHANGED`, `E_LOCKED`, `E_FROZEN`, `E_STORE_LOCKED`
   */
  apply(request: { readonly plan: string }): Answer<Run>;
  /**
   * What a plan would find if it ran now: each precondition with its values, along the path that the plan predicts. It
   * reads the plan's objects, sends no write and no probe, and needs no approval.
   *
   * @param request.plan - as for `show`
   * @returns what would be found, also where it is in the way; `E_PLAN_UNKNOWN`; `E_PACK_UNTRUSTED` and what has
   *   changed since the plan was made, such as `E_DOMAIN_DRIFT`: then nothing is read
   */
  dryRun(request: { readonly plan: string }): Answer<DryRun>;
  /**
   * Alert → verified recovery: looks, decides, asks, acts, verifies, and records all of it.
   *
   * @returns the closing report, whatever came of it; `E_ALERT_INVALID`, or `E_INCIDENT_OPEN` where another process
   *   answers the alert
   */
  respond(request: RespondRequest, asker: Asker): Answer<Responded>;
  /**
   * Records what a person has seen of an open incident, as the answer of one of its probes. The process that answers
   * the incident decides again with it: before it looks on, and before it writes.
   *
   * @returns what was recorded, or that it was known; `E_INCIDENT_UNKNOWN`, `E_INCIDENT_CLOSED`, `E_SITUATION_EVIDENCE`
   *   for a probe or an outcome that the situation does not have, `E_EVIDENCE_CONTRADICTS` where the probe has answered
   *   otherwise, `E_PERSON_REQUIRED` for an agent or a service
   */
  observe(request: ObserveRequest): Answer<ObservedByPerson>;
  /**
   * Takes over runs whose engine was stopped or killed. What that engine had sent is never sent twice without its key.
   *
   * @param request.run - a run's id, the beginning of one, or `last`; `null` for every one that has not ended
   * @returns `E_RUN_UNKNOWN`, `E_RUN_UNNAMED` where `last` may mean more than one run, `E_STORE_LOCKED` where another
   *   process owns the store
   */
  resume(request: { readonly run: string | null }): Answer<Resumed>;
  /**
   * Gives a run, or the site, a person's word: stop, kill, rollback, close, resolve, answer, freeze, unfreeze, anchor.
   *
   * @param by - for an answer: the key to sign it with, or how to ask the person, who sees what each answer leads to
   * @returns what came of it; `E_RUN_UNKNOWN`, `E_RUN_UNNAMED` where `last` may mean more than one run, `E_RUN_ENDED`,
   *   `E_INPUT_UNEXPECTED` where the run does not wait for it, `E_ANSWER_UNSIGNED` for an answer without a key
   */
  operate(request: OperateRequest, by?: Signer | Answerer): Answer<Operated>;
  // ---------------------------------------------------------------------------------------- what happened, and happens
  /** Runs, newest first, page by page. A store that does not exist yet has none: that is no problem. */
  runs(request: RunsRequest): Answer<RunsPage>;
  /**
   * Follows a run from beside the engine that works on it, until it ends.
   *
   * @param request.run - a run's id, the beginning of one, or `last`
   * @returns `E_RUN_UNKNOWN`
   */
  watch(request: { readonly run: string }): Answer<WatchedRun>;
  /**
   * A run told from its log: predicted beside observed, where the two part, how it stands now, and what to do next.
   *
   * @param request.run - a run's id, the beginning of one, or `last`
   * @returns `E_RUN_UNKNOWN`; `E_BODY_ARCHIVED` or `E_BODY_REMOVED` where its records were taken out
   */
  explain(request: ExplainRequest): Answer<ExplainedRun>;
  /**
   * What to send with a bug report: versions, codes, a run's plan and records. Every text that a domain, a proposer, a
   * person or a target wrote is replaced by a number, and every value by its kind.
   *
   * @returns `E_RUN_UNKNOWN`. A store that cannot be read is part of the report, as its code.
   */
  reportFault(request: ReportFaultRequest): Answer<FaultReport>;
  /**
   * A run as it stood after any record, rebuilt from the log, and what has changed since.
   *
   * @returns `E_RUN_UNKNOWN`; `E_INPUT_MISSING` for a record before the run's first
   */
  replay(request: ReplayRequest): Answer<Replayed>;
  /**
   * What waits for whom: plans for approval, runs for a word, incidents that were handed over, and notifications that
   * were not delivered. A store that does not exist yet has none: that is no problem.
   */
  inbox(request: InboxRequest): Answer<Inbox>;
  /**
   * Records that the actor has taken on what a notification, an incident or a run asks a person for. Nobody is told of
   * it any more.
   *
   * @returns what was acknowledged, and by whom if somebody was quicker; `E_NOTIFICATION_UNKNOWN`; `E_NOT_PERMITTED`
   *   for an agent or a service
   */
  acknowledge(request: AcknowledgeRequest): Answer<Acknowledged>;
  /**
   * Delivers the notifications that wait, and with `stay` those that come up, and escalates them. `apply`, `resume` and
   * `respond` deliver beside their work too, without it.
   *
   * @returns what was delivered and what was not: an undelivered notification is kept and is no problem
   */
  notify(request: NotifyRequest): Answer<Notified>;
  /** Locks with the runs that hold them, and what is frozen. */
  locks(): Answer<Locked>;
  /** The health of the store and of the engine that owns it. */
  metrics(): Answer<Measured>;
  /**
   * Recomputes every digest of the log.
   *
   * @returns how many records hold, and the head; `E_LOG_CHAIN` names the first record that does not hold, `E_ARCHIVE`
   *   an archive that is not as it was written
   */
  verify(request: VerifyRequest): Answer<Verified>;
  /**
   * Writes the log as JSON Lines, for others to verify.
   *
   * @returns how many lines there are, the header included
   */
  exportLog(request: ExportRequest): Answer<{ readonly lineCount: number }>;
  // ---------------------------------------------------------------------------------------------- upkeep of the store
  /**
   * Takes what ended runs did out of the store, with a copy in an archive or with none.
   *
   * @returns what was taken out, or would be; runs that something still builds on stand in `kept`
   */
  archive(request: ArchiveRequest): Answer<Archived>;
  /**
   * Puts archived bodies back, each where its digest stands in the log.
   *
   * @returns `E_ARCHIVE` for an archive that is not the one its record names; `E_BODY_REMOVED` for what was destroyed
   */
  restore(request: RestoreRequest): Answer<readonly RestoredArchive[]>;
  /**
   * What was taken out of the store, and whether its archives are still there and as they were written.
   *
   * @param request.folder - where to look for them; `null` takes the folder of interlock.yaml
   */
  archives(request: { readonly folder: string | null }): Answer<Archives>;
  /**
   * Copies the store into an empty folder while its owner works, and verifies the copy.
   *
   * @returns where it is, and the head of its log; `E_BACKUP_EXISTS` where the folder is not empty
   */
  backUp(request: { readonly folder: string }): Answer<Backup>;
  /**
   * Shows that a backup can take over: opens a copy of it as an owner would. The backup itself is only read.
   *
   * @returns the backup's length and head; what is wrong with it
   */
  drill(request: { readonly folder: string }): Answer<Backup>;
  /** Brings a store that an older release wrote up to this one, with a verified copy of it first. Safe to repeat. */
  upgrade(request: UpgradeRequest): Answer<Upgraded>;
  /**
   * Closes the site. Notifications that are due are tried once first. Every later call is refused with `E_CLOSED`,
   * those of its runs included. A call under way gets its answer first, or `E_CLOSED` if it has not taken the store
   * yet; one that waits for its caller, who reviews or types a passphrase, is not waited for. The site lets go of its
   * runs: `atRest` says `detached`, and `events` ends. Then calls in the air are aborted and the store is given up.
   * Once this has resolved, nothing of this site writes to a target or to the log, unless a connector goes on for two
   * seconds after its signal aborted.
   *
   * Runs that other processes have started here are waited for, and `onStay` is told which ones. Once `leave` aborts,
   * they are left to those processes. Safe to call twice.
   *
   * @returns `E_USAGE` for options that are not: nothing is closed then
   */
  close(options?: CloseOptions): Answer<undefined>;
}

/**
 * Opens a site. Cheap: it reads no file, takes no lock and makes no connection; each method does that when called.
 *
 * @returns `E_INPUT_MISSING` where a configuration is named and is not there; `E_USAGE` where no folder of keys can be
 *   told from the environment; `E_SYSTEM` where the operating system refuses, as in a folder that was removed
 */
export async function openInterlock(address: SiteAddress, ports: InterlockPorts = {}): Answer<Interlock> {
  const entrance = takeEntrance(address, ports);
  if (!entrance.ok) return entrance;
  const [{ openDoor }, { arrowsOf }] = await Promise.all([
    import("./flow/site/open-door.ts"),
    import("./flow/arrows.ts"),
  ]);
  const opened = await openDoor(entrance.value);
  return opened.ok ? ok(arrowsOf(opened.value)) : opened;
}
