import type { Problem } from "../core/value/codes.ts";
import { ok, type Result } from "../core/value/result.ts";
import type { Signer } from "../ports.ts";
import type { OperateRequest } from "./apply/operate.ts";
import type { Answerer } from "./approve/sign-answer.ts";
import { atDoor, watchedAtDoor } from "./run-at-door.ts";
import { arrow, arrowOn, arrowWith, type DoorState, runClosing, type Work } from "./site/arrow.ts";
import type { CloseOptions } from "./site/close-options.ts";
import type { Taker } from "./site/intake.ts";
import type { Refusal } from "./site/record.ts";
import type { ReadMethod } from "./site/refuse-reading.ts";
import { shapes } from "./site/request-shapes.ts";
import type { Workplace } from "./site/workplace.ts";

/** An open site: what every arrow stands on, and what the calls of its door share. */
export interface OpenDoor {
  readonly place: Workplace;
  readonly state: DoorState;
}

/**
 * All arrows of an open site. Each is loaded when it is first used. It works on the door's own copy of its request,
 * and anything that it throws becomes `E_INTERNAL`.
 */
export function arrowsOf(door: OpenDoor) {
  return {
    ...siteArrows(door),
    ...proposalArrows(door),
    ...decisionArrows(door),
    ...approvalArrows(door),
    ...runArrows(door),
    ...tellArrows(door),
    ...upkeepArrows(door),
    close: closing(door),
  };
}

function closing({
  place,
  state,
}: OpenDoor): (options?: CloseOptions) => Promise<Result<undefined, readonly Problem[]>> {
  return (options = {}) =>
    runClosing(state, { taker: shapes.close, options }, async ({ leave, onStay }) => {
      // What it delivers has to be recorded, for which it may need the store.
      await place.courier.close(leave ?? new AbortController().signal);
      place.owners.shut();
      await state.calls.close();
      await place.owners.close({
        leave: leave ?? new AbortController().signal,
        onStay: onStay ?? (() => undefined),
      });
    });
}

/** An arrow that only reads: the authorizer is asked first, whether the actor may read what it reads. */
function reading<T>(door: OpenDoor, method: ReadMethod, work: () => Work<T>): () => Work<T> {
  return arrow(door.state, async () => (await refused(door, method, {})) ?? work());
}

/** As `reading`, for an arrow that takes a request. */
function readingOn<R extends object, T>(
  door: OpenDoor,
  method: ReadMethod,
  taker: Taker<R>,
  work: (request: R) => Work<T>,
): (request: R) => Work<T> {
  return arrowOn(door.state, taker, async (request) => (await refused(door, method, request)) ?? work(request));
}

async function refused({ place }: OpenDoor, method: ReadMethod, request: object): Promise<Refusal | null> {
  return (await import("./site/refuse-reading.ts")).refuseReading(place, method, request);
}

function siteArrows(door: OpenDoor) {
  const { place, state } = door;
  return {
    init: arrowOn(state, shapes.init, async (request) => (await import("./site/init.ts")).init(place, request)),
    packs: arrow(state, async () => (await import("./site/init.ts")).packs()),
    importIdentity: arrowOn(state, shapes.importIdentity, async (request) =>
      (await import("./site/identities.ts")).importIdentity(place, request),
    ),
    createIdentity: arrowOn(state, shapes.createIdentity, async (request) =>
      (await import("./site/identities.ts")).createIdentity(place, request),
    ),
    identities: reading(door, "identities", async () => (await import("./site/identities.ts")).identities(place)),
    trust: arrow(state, async () => (await import("./site/trust.ts")).trust(place)),
    trusts: reading(door, "trusts", async () => (await import("./site/trust.ts")).trusts(place)),
    withdrawTrust: arrowOn(state, shapes.withdrawTrust, async (request) =>
      (await import("./site/trust.ts")).withdrawTrust(place, request),
    ),
    examine: readingOn(door, "examine", shapes.examine, async (request) =>
      (await import("./site/examine.ts")).examine(place, request),
    ),
    settings: reading(door, "settings", async () => (await import("./site/settings.ts")).settings(place)),
  };
}

function proposalArrows(door: OpenDoor) {
  const { place, state } = door;
  return {
    check: readingOn(door, "check", shapes.check, async (request) =>
      (await import("./site/check.ts")).check(place, request),
    ),
    actions: reading(door, "actions", async () => (await import("./tell/actions.ts")).listActions(place)),
    testAction: arrowWith(
      state,
      { request: shapes.testAction, asker: shapes.testActionAsker },
      async (request, asker) => (await import("./apply/test-action.ts")).testAction(place, request, asker),
    ),
    propose: arrowOn(state, shapes.propose, async (request) => {
      const signal = AbortSignal.any([request.signal, place.owners.closing]);
      return (await import("./propose/propose.ts")).propose(place, { ...request, signal });
    }),
    plan: arrowOn(state, shapes.plan, async (request) => (await import("./plan/plan.ts")).plan(place, request)),
    plans: readingOn(door, "plans", shapes.plans, async (request) =>
      (await import("./tell/plans.ts")).listPlans(place, request),
    ),
    show: readingOn(door, "show", shapes.show, async (request) =>
      (await import("./plan/show.ts")).show(place, request),
    ),
    diff: readingOn(door, "diff", shapes.diff, async (request) =>
      (await import("./plan/show.ts")).diff(place, request),
    ),
  };
}

function decisionArrows({ state }: OpenDoor) {
  return {
    decide: arrowOn(state, shapes.decide, async (request) => (await import("./decide/decide.ts")).decide(request)),
    calibrate: arrowOn(state, shapes.calibrate, async (request) =>
      (await import("./decide/calibrate.ts")).calibrate(request),
    ),
    calibrateJudge: arrowOn(state, shapes.calibrateJudge, async (request) =>
      (await import("./decide/calibrate-judge.ts")).calibrateJudgeOn(request),
    ),
    elicit: arrowWith(state, { request: shapes.elicit, asker: shapes.interviewer }, async (request, interviewer) =>
      (await import("./decide/elicit.ts")).elicit(request, interviewer),
    ),
  };
}

function approvalArrows(door: OpenDoor) {
  const { place, state } = door;
  return {
    approve: arrowWith(state, { request: shapes.approve, asker: shapes.approver }, async (request, by) =>
      (await import("./approve/approve.ts")).approve(place, request, by),
    ),
    signer: arrowOn(state, shapes.signer, async (request) =>
      (await import("./approve/signer.ts")).signer(place, request),
    ),
    reject: arrowOn(state, shapes.reject, async (request) =>
      (await import("./approve/approve.ts")).reject(place, request),
    ),
    grant: arrowWith(state, { request: shapes.grant, asker: shapes.granter }, async (request, by) =>
      (await import("./approve/grant.ts")).grant(place, request, by),
    ),
    grants: reading(door, "grants", async () => (await import("./approve/grant.ts")).grants(place)),
  };
}

function runArrows(door: OpenDoor) {
  const { place, state } = door;
  const operate = arrowWith(state, { request: shapes.operate, asker: shapes.answerer }, async (request, by) => {
    const operated = await (await import("./apply/operate.ts")).operate(place, request, by ?? undefined);
    if (!operated.ok || operated.value.kind !== "running") return operated;
    return ok({ ...operated.value, run: atDoor(state, operated.value.run) });
  });
  return {
    dryRun: readingOn(door, "dryRun", shapes.dryRun, async (request) =>
      (await import("./plan/dry-run.ts")).dryRun(place, request),
    ),
    apply: arrowOn(state, shapes.apply, async (request) => {
      const begun = await (await import("./apply/apply.ts")).apply(place, request);
      return begun.ok ? ok(atDoor(state, begun.value)) : begun;
    }),
    respond: arrowWith(state, { request: shapes.respond, asker: shapes.asker }, async (request, asker) => {
      const detach = AbortSignal.any([asker.detach, place.owners.closing]);
      return (await import("./respond/respond.ts")).respond(place, request, { ...asker, detach });
    }),
    observe: arrowOn(state, shapes.observe, async (request) =>
      (await import("./respond/observe.ts")).observe(place, request),
    ),
    resume: arrowOn(state, shapes.resume, async (request) => {
      const resumed = await (await import("./apply/resume.ts")).resume(place, request);
      if (!resumed.ok) return resumed;
      return ok({ ...resumed.value, runs: resumed.value.runs.map((run) => atDoor(state, run)) });
    }),
    operate: (request: OperateRequest, by?: Signer | Answerer) => operate(request, by ?? null),
  };
}

function tellArrows(door: OpenDoor) {
  const { place, state } = door;
  return {
    runs: readingOn(door, "runs", shapes.runs, async (request) =>
      (await import("./tell/runs.ts")).listRuns(place, request),
    ),
    watch: readingOn(door, "watch", shapes.watch, async (request) => {
      const watched = await (await import("./tell/watch.ts")).watch(place, request);
      return watched.ok ? ok(watchedAtDoor(state, watched.value)) : watched;
    }),
    explain: readingOn(door, "explain", shapes.explain, async (request) =>
      (await import("./tell/explain.ts")).explain(place, request),
    ),
    reportFault: readingOn(door, "reportFault", shapes.reportFault, async (request) =>
      (await import("./tell/report-fault.ts")).reportFault(place, request),
    ),
    replay: readingOn(door, "replay", shapes.replay, async (request) =>
      (await import("./tell/replay.ts")).replay(place, request),
    ),
    inbox: readingOn(door, "inbox", shapes.inbox, async (request) =>
      (await import("./notify/inbox.ts")).listInbox(place, request),
    ),
    acknowledge: arrowOn(state, shapes.acknowledge, async (request) =>
      (await import("./notify/acknowledge.ts")).acknowledge(place, request),
    ),
    notify: arrowOn(state, shapes.notify, async (request) => {
      const signal = AbortSignal.any([request.signal, place.owners.closing]);
      return (await import("./notify/notify.ts")).notify(place, { ...request, signal });
    }),
    locks: reading(door, "locks", async () => (await import("./tell/locks.ts")).locks(place)),
    metrics: reading(door, "metrics", async () => (await import("./tell/metrics.ts")).metrics(place)),
    verify: readingOn(door, "verify", shapes.verify, async (request) =>
      (await import("./tell/verify.ts")).verify(place, request),
    ),
    exportLog: readingOn(door, "exportLog", shapes.exportLog, async (request) =>
      (await import("./tell/verify.ts")).exportTo(place, request),
    ),
  };
}

function upkeepArrows(door: OpenDoor) {
  const { place, state } = door;
  return {
    archive: arrowOn(state, shapes.archive, async (request) =>
      (await import("./upkeep/archive.ts")).archive(place, request),
    ),
    restore: arrowOn(state, shapes.restore, async (request) =>
      (await import("./upkeep/restore.ts")).restore(place, request),
    ),
    archives: readingOn(door, "archives", shapes.archives, async (request) =>
      (await import("./upkeep/list-archives.ts")).listArchives(place, request),
    ),
    backUp: arrowOn(state, shapes.folder, async (request) =>
      (await import("./upkeep/back-up.ts")).backUp(place, request),
    ),
    drill: arrowOn(state, shapes.folder, async (request) =>
      (await import("./upkeep/back-up.ts")).drill(place, request),
    ),
    upgrade: arrowOn(state, shapes.upgrade, async (request) =>
      (await import("./upkeep/upgrade.ts")).upgrade(place, request),
    ),
  };
}
