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
import type { RunExplanation } from "./core/run/tell/explain-run.ts";
import type { Problem } from "./core/value/codes.ts";
import type { Result } from "./core/value/result.ts";
import type { Operated, OperateRequest } from "./flow/apply/operate.ts";
import type { Resumed } from "./flow/apply/resume.ts";
import type { Run } from "./flow/apply/run.ts";
import type { TestActionAsker, TestActionRequest, TestedAction } from "./flow/apply/test-action.ts";
import type { Approved, ApproveRequest, Rejected, RejectRequest, Reviewer } from "./flow/approve/approve.ts";
import type { Granted, GrantRequest, GrantReviewer, Grants } from "./flow/approve/grant.ts";
import type { SignerRequest } from "./flow/approve/signer.ts";
import type { Calibrated, CalibrateRequest } from "./flow/decide/calibrate.ts";
import type { CalibratedJudge, CalibrateJudgeRequest } from "./flow/decide/calibrate-judge.ts";
import type { Decided, DecideRequest } from "./flow/decide/decide.ts";
import type { Elicited } from "./flow/decide/elicit.ts";
import type { Interviewer } from "./flow/decide/interviewer.ts";
import type { PlanRequest } from "./flow/plan/plan.ts";
import type { Compiled } from "./flow/plan/plan-proposal.ts";
import type { DiffedPlans, ShownPlan } from "./flow/plan/show.ts";
import type { Proposed, ProposeRequest } from "./flow/propose/propose.ts";
import type { Asker, Responded, RespondRequest } from "./flow/respond/request.ts";
import {
  checkApprover,
  checkCheck,
  checkPort,
  checkRequest,
  checkWord,
  type DoorState,
  type RequestShape,
  runArrow,
} from "./flow/site/arrow.ts";
import type { Checked, CheckRequest } from "./flow/site/check.ts";
import type { ExamineRequest, Finding } from "./flow/site/examine.ts";
import type { CreateIdentityRequest, ImportIdentityRequest } from "./flow/site/identities.ts";
import type { BundledPack, InitRequest } from "./flow/site/init.ts";
import type { InterlockPorts, SiteAddress } from "./flow/site/open-door.ts";
import { shapes } from "./flow/site/request-shapes.ts";
import type { Settings } from "./flow/site/settings.ts";
import type { Trusted } from "./flow/site/trust.ts";
import type { Workplace } from "./flow/site/workplace.ts";
import type { ListedActions } from "./flow/tell/actions.ts";
import type { Locked } from "./flow/tell/locks.ts";
import type { Measured } from "./flow/tell/metrics.ts";
import type { Replayed, ReplayRequest } from "./flow/tell/replay.ts";
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
export type * from "./public-types.ts";

/** One site, ready for work. Methods may be called side by side. */
export interface Interlock {
  // ---------------------------------------------------------------------------------------------------------- the site
  /** Begins a site in a folder: an `interlock.yaml`, and a pack beside it. Nothing that exists is overwritten. */
  init(request: InitRequest): Answer<Scaffold>;
  /** The packs that a site can begin with. */
  packs(): Answer<readonly BundledPack[]>;
  /** Creates a key with which a person approves. */
  createIdentity(request: CreateIdentityRequest): Answer<IdentityView>;
  /** Makes a public key known, so that what its owner signs elsewhere counts here. */
  importIdentity(request: ImportIdentityRequest): Answer<IdentityView>;
  /** The keys of this user. */
  identities(): Answer<readonly IdentityView[]>;
  /** Records that a person trusts the site's pack exactly as it is now: plans may then observe with it. */
  trust(): Answer<Trusted>;
  /** Looks at everything that a first run needs, and says what is missing. Changes nothing. */
  examine(request: ExamineRequest): Answer<readonly Finding[]>;
  /** The settings that are in force. */
  settings(): Answer<Settings>;
  // ---------------------------------------------------------------------------------------------- from intent to a run
  /** Finds everything in a proposal, a situation or a pack that can be refused without looking at the world. */
  check(request: CheckRequest): Answer<Checked>;
  /** What may be done here, and which ways back were tried. */
  actions(): Answer<ListedActions>;
  /** Does an action on the real target and undoes it; its success makes the action reversible. */
  testAction(request: TestActionRequest, asker: TestActionAsker): Answer<TestedAction>;
  /** Belief → decision: exact, within the limit on risk, and explained. Needs no site. */
  decide(request: DecideRequest): Answer<Decided>;
  /** Learns a situation's numbers from closed incidents, and judges its forecasts. Writes nothing. */
  calibrate(request: CalibrateRequest): Answer<Calibrated>;
  /** Measures a judge on closed incidents. */
  calibrateJudge(request: CalibrateJudgeRequest): Answer<CalibratedJudge>;
  /** Interviews a person for a situation's numbers, and questions the answers. Writes nothing. */
  elicit(request: { readonly situation: Uint8Array | null }, interviewer: Interviewer): Answer<Elicited>;
  /** Intent → proposal → plan: asks a proposer, and puts its answer through the ordinary gate. */
  propose(request: ProposeRequest): Answer<Proposed>;
  /** Proposal → plan: compiles a proposal against the domain and the world as it is now, and records the plan. */
  plan(request: PlanRequest): Answer<Compiled>;
  /** A plan as people review it: what is shown is what is signed. */
  show(request: { readonly plan: string }): Answer<ShownPlan>;
  /** What distinguishes two plans. */
  diff(request: { readonly before: string; readonly after: string }): Answer<DiffedPlans>;
  /**
   * Plan → approval: has a person sign the plan's hash. Nothing is signed that could never count.
   *
   * @param by - a key, or a face's way to ask a person
   */
  approve(request: ApproveRequest, by: Signer | Reviewer): Answer<Approved>;
  /**
   * The key to approve or grant with: the one named, else the only one. It asks for its passphrase at each signature.
   */
  signer(request: SignerRequest): Answer<Signer>;
  /** Records that somebody does not want a plan. */
  reject(request: RejectRequest): Answer<Rejected>;
  /** Has a person sign a permission in advance: plans that fit what is left of it need no approval. */
  grant(request: GrantRequest, by: Signer | GrantReviewer): Answer<Granted>;
  /** Grants with what is left of each, newest first. */
  grants(): Answer<Grants>;
  /** Approval → run: starts an approved plan, here or in the process that owns the store. `run.events()` follows it. */
  apply(request: { readonly plan: string }): Answer<Run>;
  /** Alert → verified recovery: looks, decides, asks, acts, verifies, and records all of it. */
  respond(request: RespondRequest, asker: Asker): Answer<Responded>;
  /** Takes over runs whose engine was stopped or killed: one, or with `null` every one that has not ended. */
  resume(request: { readonly run: string | null }): Answer<Resumed>;
  /** Gives a run, or the site, a person's word: stop, kill, rollback, close, resolve, answer, freeze, unfreeze. */
  operate(request: OperateRequest): Answer<Operated>;
  // ---------------------------------------------------------------------------------------- what happened, and happens
  /** Runs, newest first, page by page. */
  runs(request: RunsRequest): Answer<RunsPage>;
  /** Follows a run from beside the engine that works on it, until it ends. */
  watch(request: { readonly run: string }): Answer<WatchedRun>;
  /** A run told from its log: predicted beside observed, and where the two part. */
  explain(request: { readonly run: string }): Answer<RunExplanation>;
  /** A run as it stood after any record, rebuilt from the log, and what has changed since. */
  replay(request: ReplayRequest): Answer<Replayed>;
  /** Locks with the runs that hold them, and what is frozen. */
  locks(): Answer<Locked>;
  /** The health of the store and of the engine that owns it. */
  metrics(): Answer<Measured>;
  /** Recomputes every digest of the log. A problem names the first record that does not hold. */
  verify(request: VerifyRequest): Answer<Verified>;
  /** Writes the log as JSON Lines, for others to verify. */
  exportLog(request: ExportRequest): Answer<{ readonly lineCount: number }>;
  // ---------------------------------------------------------------------------------------------- upkeep of the store
  /** Takes what ended runs did out of the store, with a copy in an archive or with none. */
  archive(request: ArchiveRequest): Answer<Archived>;
  /** Puts archived bodies back, each where its digest stands in the log. */
  restore(request: RestoreRequest): Answer<readonly RestoredArchive[]>;
  /** What was taken out of the store, and whether its archives are in `folder`, or where the site keeps them. */
  archives(request: { readonly folder: string | null }): Answer<Archives>;
  /** Copies the store into an empty folder while its owner works, and verifies the copy. */
  backUp(request: { readonly folder: string }): Answer<Backup>;
  /** Shows that a backup can take over. The backup itself is only read. */
  drill(request: { readonly folder: string }): Answer<Backup>;
  /** Brings a store that an older release wrote up to this one, with a verified copy of it first. Safe to repeat. */
  upgrade(request: UpgradeRequest): Answer<Upgraded>;
  /**
   * Gives the site up. Runs that other processes have begun here are waited for, and told to `onStay`; once `leave`
   * aborts they are left to those processes. Every later call is refused with `E_CLOSED`. Safe to call twice.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** How to leave. */
export interface CloseOptions {
  readonly leave?: AbortSignal;
  readonly onStay?: (runIds: readonly string[]) => void;
}

/**
 * Opens a site. Cheap: it reads no file, takes no lock and makes no connection; each method does that when called.
 *
 * @returns `E_INPUT_MISSING` where a configuration is named and is not there
 */
export async function openInterlock(address: SiteAddress, ports: InterlockPorts = {}): Answer<Interlock> {
  const { openDoor } = await import("./flow/site/open-door.ts");
  const opened = await openDoor(address, ports);
  if (!opened.ok) return opened;
  const { place, state } = opened.value;
  return { ok: true, value: interlockOn(place, state) };
}

/** How an arrow is run: with no request, with one of a shape, or with whatever else is wrong with what was given. */
interface Arrows {
  readonly place: Workplace;
  plain<T>(work: () => Answer<T>): Answer<T>;
  shaped<R extends object, T>(request: R, shape: RequestShape<R>, work: () => Answer<T>): Answer<T>;
  checked<T>(problems: readonly Problem[], work: () => Answer<T>): Answer<T>;
}

function interlockOn(place: Workplace, state: DoorState): Interlock {
  const arrows: Arrows = {
    place,
    plain: (work) => runArrow(state, [], work),
    shaped: (request, shape, work) => runArrow(state, checkRequest(request, shape), work),
    checked: (problems, work) => runArrow(state, problems, work),
  };
  return {
    ...siteArrows(arrows),
    ...proposalArrows(arrows),
    ...decisionArrows(arrows),
    ...approvalArrows(arrows),
    ...runArrows(arrows),
    ...tellArrows(arrows),
    ...upkeepArrows(arrows),
    close: async ({ leave, onStay }: CloseOptions = {}) => {
      if (state.isClosed) return;
      state.isClosed = true;
      await place.owners.close({
        leave: leave ?? new AbortController().signal,
        onStay: onStay ?? (() => undefined),
      });
    },
  };
}

function siteArrows({ place, plain, shaped }: Arrows) {
  return {
    init: (request) => shaped(request, shapes.init, async () => (await import("./flow/site/init.ts")).init(request)),
    packs: () => plain(async () => (await import("./flow/site/init.ts")).packs()),
    importIdentity: (request) =>
      shaped(request, shapes.importIdentity, async () =>
        (await import("./flow/site/identities.ts")).importIdentity(place, request),
      ),
    createIdentity: (request) =>
      shaped(request, shapes.createIdentity, async () =>
        (await import("./flow/site/identities.ts")).createIdentity(place, request),
      ),
    identities: () => plain(async () => (await import("./flow/site/identities.ts")).identities(place)),
    trust: () => plain(async () => (await import("./flow/site/trust.ts")).trust(place)),
    examine: (request) =>
      shaped(request, shapes.examine, async () => (await import("./flow/site/examine.ts")).examine(place, request)),
    settings: () => plain(async () => (await import("./flow/site/settings.ts")).settings(place)),
  } satisfies Partial<Interlock>;
}

function proposalArrows({ place, plain, shaped, checked }: Arrows) {
  return {
    check: (request) =>
      checked(checkCheck(request), async () => (await import("./flow/site/check.ts")).check(place, request)),
    actions: () => plain(async () => (await import("./flow/tell/actions.ts")).listActions(place)),
    testAction: (request, asker) =>
      checked(
        [
          ...checkRequest(request, shapes.testAction),
          ...checkPort(asker, shapes.testActionAsker),
          ...checkApprover(asker?.by),
        ],
        async () => (await import("./flow/apply/test-action.ts")).testAction(place, request, asker),
      ),
    propose: (request) =>
      shaped(request, shapes.propose, async () => (await import("./flow/propose/propose.ts")).propose(place, request)),
    plan: (request) =>
      shaped(request, shapes.plan, async () => (await import("./flow/plan/plan.ts")).plan(place, request)),
    show: (request) =>
      shaped(request, shapes.show, async () => (await import("./flow/plan/show.ts")).show(place, request)),
    diff: (request) =>
      shaped(request, shapes.diff, async () => (await import("./flow/plan/show.ts")).diff(place, request)),
  } satisfies Partial<Interlock>;
}

function decisionArrows({ shaped, checked }: Arrows) {
  return {
    decide: (request) =>
      shaped(request, shapes.decide, async () => (await import("./flow/decide/decide.ts")).decide(request)),
    calibrate: (request) =>
      shaped(request, shapes.calibrate, async () => (await import("./flow/decide/calibrate.ts")).calibrate(request)),
    calibrateJudge: (request) =>
      shaped(request, shapes.calibrateJudge, async () =>
        (await import("./flow/decide/calibrate-judge.ts")).calibrateJudgeOn(request),
      ),
    elicit: (request, interviewer) =>
      checked([...checkRequest(request, shapes.elicit), ...checkPort(interviewer, shapes.interviewer)], async () =>
        (await import("./flow/decide/elicit.ts")).elicit(request, interviewer),
      ),
  } satisfies Partial<Interlock>;
}

function approvalArrows({ place, plain, shaped, checked }: Arrows) {
  return {
    approve: (request, by) =>
      checked([...checkRequest(request, shapes.approve), ...checkApprover(by)], async () =>
        (await import("./flow/approve/approve.ts")).approve(place, request, by),
      ),
    signer: (request) =>
      shaped(request, shapes.signer, async () => (await import("./flow/approve/signer.ts")).signer(place, request)),
    reject: (request) =>
      shaped(request, shapes.reject, async () => (await import("./flow/approve/approve.ts")).reject(place, request)),
    grant: (request, by) =>
      checked([...checkRequest(request, shapes.grant), ...checkApprover(by)], async () =>
        (await import("./flow/approve/grant.ts")).grant(place, request, by),
      ),
    grants: () => plain(async () => (await import("./flow/approve/grant.ts")).grants(place)),
  } satisfies Partial<Interlock>;
}

function runArrows({ place, shaped, checked }: Arrows) {
  return {
    apply: (request) =>
      shaped(request, shapes.apply, async () => (await import("./flow/apply/apply.ts")).apply(place, request)),
    respond: (request, asker) =>
      checked(
        [...checkRequest(request, shapes.respond), ...checkPort(asker, shapes.asker), ...checkApprover(asker?.by)],
        async () => (await import("./flow/respond/respond.ts")).respond(place, request, asker),
      ),
    resume: (request) =>
      shaped(request, shapes.resume, async () => (await import("./flow/apply/resume.ts")).resume(place, request)),
    operate: (request) =>
      checked(checkWord(request), async () => (await import("./flow/apply/operate.ts")).operate(place, request)),
  } satisfies Partial<Interlock>;
}

function tellArrows({ place, plain, shaped }: Arrows) {
  return {
    runs: (request) =>
      shaped(request, shapes.runs, async () => (await import("./flow/tell/runs.ts")).listRuns(place, request)),
    watch: (request) =>
      shaped(request, shapes.watch, async () => (await import("./flow/tell/watch.ts")).watch(place, request)),
    explain: (request) =>
      shaped(request, shapes.explain, async () => (await import("./flow/tell/explain.ts")).explain(place, request)),
    replay: (request) =>
      shaped(request, shapes.replay, async () => (await import("./flow/tell/replay.ts")).replay(place, request)),
    locks: () => plain(async () => (await import("./flow/tell/locks.ts")).locks(place)),
    metrics: () => plain(async () => (await import("./flow/tell/metrics.ts")).metrics(place)),
    verify: (request) =>
      shaped(request, shapes.verify, async () => (await import("./flow/tell/verify.ts")).verify(place, request)),
    exportLog: (request) =>
      shaped(request, shapes.exportLog, async () => (await import("./flow/tell/verify.ts")).exportTo(place, request)),
  } satisfies Partial<Interlock>;
}

function upkeepArrows({ place, shaped }: Arrows) {
  return {
    archive: (request) =>
      shaped(request, shapes.archive, async () => (await import("./flow/upkeep/archive.ts")).archive(place, request)),
    restore: (request) =>
      shaped(request, shapes.restore, async () => (await import("./flow/upkeep/restore.ts")).restore(place, request)),
    archives: (request) =>
      shaped(request, shapes.archives, async () =>
        (await import("./flow/upkeep/list-archives.ts")).listArchives(place, request),
      ),
    backUp: (request) =>
      shaped(request, shapes.backUp, async () => (await import("./flow/upkeep/back-up.ts")).backUp(place, request)),
    drill: (request) =>
      shaped(request, shapes.drill, async () => (await import("./flow/upkeep/back-up.ts")).drill(place, request)),
    upgrade: (request) =>
      shaped(request, shapes.upgrade, async () => (await import("./flow/upkeep/upgrade.ts")).upgrade(place, request)),
  } satisfies Partial<Interlock>;
}
