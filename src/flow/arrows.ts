import type { Problem } from "../core/value/codes.ts";
import type { Result } from "../core/value/result.ts";
import type { Signer } from "../ports.ts";
import type { OperateRequest } from "./apply/operate.ts";
import type { TestActionAsker, TestActionRequest } from "./apply/test-action.ts";
import type { ApproveRequest, RejectRequest, Reviewer } from "./approve/approve.ts";
import type { GrantRequest, GrantReviewer } from "./approve/grant.ts";
import type { SignerRequest } from "./approve/signer.ts";
import type { CalibrateRequest } from "./decide/calibrate.ts";
import type { CalibrateJudgeRequest } from "./decide/calibrate-judge.ts";
import type { DecideRequest } from "./decide/decide.ts";
import type { Interviewer } from "./decide/interviewer.ts";
import type { PlanRequest } from "./plan/plan.ts";
import type { ProposeRequest } from "./propose/propose.ts";
import type { Asker, RespondRequest } from "./respond/request.ts";
import {
  checkApprover,
  checkCheck,
  checkPort,
  checkRequest,
  checkWord,
  type DoorState,
  type RequestShape,
  runArrow,
} from "./site/arrow.ts";
import type { CheckRequest } from "./site/check.ts";
import type { ExamineRequest } from "./site/examine.ts";
import type { CreateIdentityRequest, ImportIdentityRequest } from "./site/identities.ts";
import type { InitRequest } from "./site/init.ts";
import { shapes } from "./site/request-shapes.ts";
import type { Workplace } from "./site/workplace.ts";
import type { ReplayRequest } from "./tell/replay.ts";
import type { RunsRequest } from "./tell/runs.ts";
import type { ExportRequest, VerifyRequest } from "./tell/verify.ts";
import type { ArchiveRequest } from "./upkeep/archive.ts";
import type { RestoreRequest } from "./upkeep/restore.ts";
import type { UpgradeRequest } from "./upkeep/upgrade.ts";

/** How to close a site in which runs of other processes are under way. */
export interface CloseOptions {
  /** Aborted to leave those runs to their own processes. By default, `close` waits for them without limit. */
  readonly leave?: AbortSignal;
  /** Called with the runs that are waited for. */
  readonly onStay?: (runIds: readonly string[]) => void;
}

/**
 * All arrows of an open site. Each is loaded when it is first used. Its request is checked before it begins, and
 * anything that it throws becomes `E_INTERNAL`.
 */
export function arrowsOf({ place, state }: { readonly place: Workplace; readonly state: DoorState }) {
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

type Work<T> = Promise<Result<T, readonly Problem[]>>;

/** How to run an arrow: without a request, with a request of a known shape, or with a check of its own. */
interface Arrows {
  readonly place: Workplace;
  plain<T>(work: () => Work<T>): Work<T>;
  shaped<R extends object, T>(request: R, shape: RequestShape<R>, work: () => Work<T>): Work<T>;
  checked<T>(problems: readonly Problem[], work: () => Work<T>): Work<T>;
}

function siteArrows({ place, plain, shaped }: Arrows) {
  return {
    init: (request: InitRequest) =>
      shaped(request, shapes.init, async () => (await import("./site/init.ts")).init(request)),
    packs: () => plain(async () => (await import("./site/init.ts")).packs()),
    importIdentity: (request: ImportIdentityRequest) =>
      shaped(request, shapes.importIdentity, async () =>
        (await import("./site/identities.ts")).importIdentity(place, request),
      ),
    createIdentity: (request: CreateIdentityRequest) =>
      shaped(request, shapes.createIdentity, async () =>
        (await import("./site/identities.ts")).createIdentity(place, request),
      ),
    identities: () => plain(async () => (await import("./site/identities.ts")).identities(place)),
    trust: () => plain(async () => (await import("./site/trust.ts")).trust(place)),
    examine: (request: ExamineRequest) =>
      shaped(request, shapes.examine, async () => (await import("./site/examine.ts")).examine(place, request)),
    settings: () => plain(async () => (await import("./site/settings.ts")).settings(place)),
  };
}

function proposalArrows({ place, plain, shaped, checked }: Arrows) {
  return {
    check: (request: CheckRequest) =>
      checked(checkCheck(request), async () => (await import("./site/check.ts")).check(place, request)),
    actions: () => plain(async () => (await import("./tell/actions.ts")).listActions(place)),
    testAction: (request: TestActionRequest, asker: TestActionAsker) =>
      checked(
        [
          ...checkRequest(request, shapes.testAction),
          ...checkPort(asker, shapes.testActionAsker),
          ...checkApprover(asker?.by),
        ],
        async () => (await import("./apply/test-action.ts")).testAction(place, request, asker),
      ),
    propose: (request: ProposeRequest) =>
      shaped(request, shapes.propose, async () => (await import("./propose/propose.ts")).propose(place, request)),
    plan: (request: PlanRequest) =>
      shaped(request, shapes.plan, async () => (await import("./plan/plan.ts")).plan(place, request)),
    show: (request: { readonly plan: string }) =>
      shaped(request, shapes.show, async () => (await import("./plan/show.ts")).show(place, request)),
    diff: (request: { readonly before: string; readonly after: string }) =>
      shaped(request, shapes.diff, async () => (await import("./plan/show.ts")).diff(place, request)),
  };
}

function decisionArrows({ shaped, checked }: Arrows) {
  return {
    decide: (request: DecideRequest) =>
      shaped(request, shapes.decide, async () => (await import("./decide/decide.ts")).decide(request)),
    calibrate: (request: CalibrateRequest) =>
      shaped(request, shapes.calibrate, async () => (await import("./decide/calibrate.ts")).calibrate(request)),
    calibrateJudge: (request: CalibrateJudgeRequest) =>
      shaped(request, shapes.calibrateJudge, async () =>
        (await import("./decide/calibrate-judge.ts")).calibrateJudgeOn(request),
      ),
    elicit: (request: { readonly situation: Uint8Array | null }, interviewer: Interviewer) =>
      checked([...checkRequest(request, shapes.elicit), ...checkPort(interviewer, shapes.interviewer)], async () =>
        (await import("./decide/elicit.ts")).elicit(request, interviewer),
      ),
  };
}

function approvalArrows({ place, plain, shaped, checked }: Arrows) {
  return {
    approve: (request: ApproveRequest, by: Signer | Reviewer) =>
      checked([...checkRequest(request, shapes.approve), ...checkApprover(by)], async () =>
        (await import("./approve/approve.ts")).approve(place, request, by),
      ),
    signer: (request: SignerRequest) =>
      shaped(request, shapes.signer, async () => (await import("./approve/signer.ts")).signer(place, request)),
    reject: (request: RejectRequest) =>
      shaped(request, shapes.reject, async () => (await import("./approve/approve.ts")).reject(place, request)),
    grant: (request: GrantRequest, by: Signer | GrantReviewer) =>
      checked([...checkRequest(request, shapes.grant), ...checkApprover(by)], async () =>
        (await import("./approve/grant.ts")).grant(place, request, by),
      ),
    grants: () => plain(async () => (await import("./approve/grant.ts")).grants(place)),
  };
}

function runArrows({ place, shaped, checked }: Arrows) {
  return {
    apply: (request: { readonly plan: string }) =>
      shaped(request, shapes.apply, async () => (await import("./apply/apply.ts")).apply(place, request)),
    respond: (request: RespondRequest, asker: Asker) =>
      checked(
        [...checkRequest(request, shapes.respond), ...checkPort(asker, shapes.asker), ...checkApprover(asker?.by)],
        async () => (await import("./respond/respond.ts")).respond(place, request, asker),
      ),
    resume: (request: { readonly run: string | null }) =>
      shaped(request, shapes.resume, async () => (await import("./apply/resume.ts")).resume(place, request)),
    operate: (request: OperateRequest) =>
      checked(checkWord(request), async () => (await import("./apply/operate.ts")).operate(place, request)),
  };
}

function tellArrows({ place, plain, shaped }: Arrows) {
  return {
    runs: (request: RunsRequest) =>
      shaped(request, shapes.runs, async () => (await import("./tell/runs.ts")).listRuns(place, request)),
    watch: (request: { readonly run: string }) =>
      shaped(request, shapes.watch, async () => (await import("./tell/watch.ts")).watch(place, request)),
    explain: (request: { readonly run: string }) =>
      shaped(request, shapes.explain, async () => (await import("./tell/explain.ts")).explain(place, request)),
    replay: (request: ReplayRequest) =>
      shaped(request, shapes.replay, async () => (await import("./tell/replay.ts")).replay(place, request)),
    locks: () => plain(async () => (await import("./tell/locks.ts")).locks(place)),
    metrics: () => plain(async () => (await import("./tell/metrics.ts")).metrics(place)),
    verify: (request: VerifyRequest) =>
      shaped(request, shapes.verify, async () => (await import("./tell/verify.ts")).verify(place, request)),
    exportLog: (request: ExportRequest) =>
      shaped(request, shapes.exportLog, async () => (await import("./tell/verify.ts")).exportTo(place, request)),
  };
}

function upkeepArrows({ place, shaped }: Arrows) {
  return {
    archive: (request: ArchiveRequest) =>
      shaped(request, shapes.archive, async () => (await import("./upkeep/archive.ts")).archive(place, request)),
    restore: (request: RestoreRequest) =>
      shaped(request, shapes.restore, async () => (await import("./upkeep/restore.ts")).restore(place, request)),
    archives: (request: { readonly folder: string | null }) =>
      shaped(request, shapes.archives, async () =>
        (await import("./upkeep/list-archives.ts")).listArchives(place, request),
      ),
    backUp: (request: { readonly folder: string }) =>
      shaped(request, shapes.backUp, async () => (await import("./upkeep/back-up.ts")).backUp(place, request)),
    drill: (request: { readonly folder: string }) =>
      shaped(request, shapes.drill, async () => (await import("./upkeep/back-up.ts")).drill(place, request)),
    upgrade: (request: UpgradeRequest) =>
      shaped(request, shapes.upgrade, async () => (await import("./upkeep/upgrade.ts")).upgrade(place, request)),
  };
}
