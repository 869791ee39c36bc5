import type { StoreRecord } from "../../log/store-records.ts";
import { invariant } from "../../value/invariant.ts";
import { emptyMap, mapGet, mapWith, mapWithout } from "../collections/persistent-map.ts";
import type { Event, Pace } from "../words/event.ts";
import type { SiteState } from "../words/state.ts";

/*
 * The fold of the whole log that all runs share: locks (I5), freezes, used and replaced approvals (I1), what is left
 * of grants, paces, the engine's epoch (I19), the greatest time ever seen, so that a clock that goes back revives
 * nothing, and how far a person has accepted that time to be ahead of the clock. Like the fold of a run, it evaluates
 * nothing.
 */

/** A site before its first event. */
export function emptySite(): SiteState {
  return {
    locks: emptyMap(),
    openRuns: emptyMap(),
    freezes: [],
    usedApprovals: emptyMap(),
    newestApprovals: emptyMap(),
    rejectedPlans: emptyMap(),
    grants: emptyMap(),
    paces: emptyMap(),
    epoch: 0,
    lastSeenMs: 0,
    clockLeadMs: 0,
  };
}

/**
 * The site after one event of any stream, recorded at `atMs`. Of a record about the log itself it takes the time, as of
 * every other. Cost: does not grow with the log.
 */
export function applySite(site: SiteState, event: Event | StoreRecord, atMs: number): SiteState {
  const next = atMs > site.lastSeenMs ? { ...site, lastSeenMs: atMs } : site;
  switch (event.kind) {
    case "run_started":
      return startRun(next, event);
    case "run_ended": {
      const locks = event.locks.reduce((held, lock) => release(held, lock, event.runId), next.locks);
      return { ...next, locks, openRuns: mapWithout(next.openRuns, event.runId) };
    }
    case "step_intent":
      return event.pace === null ? next : { ...next, paces: remember(next.paces, event.pace, atMs) };
    case "engine_opened":
      invariant(event.epoch > next.epoch, "an engine's epoch is greater than every one before (I19)");
      return { ...next, epoch: event.epoch };
    case "frozen": {
      const others = next.freezes.filter((freeze) => freeze.scope !== event.scope);
      const freezes = [...others, { scope: event.scope, by: event.by, reason: event.reason, sinceMs: atMs }];
      return { ...next, freezes: freezes.sort((left, right) => (left.scope < right.scope ? -1 : 1)) };
    }
    case "unfrozen":
      return { ...next, freezes: next.freezes.filter((freeze) => freeze.scope !== event.scope) };
    case "clock_anchored":
      return { ...next, clockLeadMs: event.leadMs };
    case "approval_recorded": {
      const newest = { approvalId: event.approvalId, usedBy: null };
      return { ...next, newestApprovals: mapWith(next.newestApprovals, event.planHash, newest) };
    }
    case "approval_rejected":
      return { ...next, rejectedPlans: mapWith(next.rejectedPlans, event.planHash, true) };
    case "grant_recorded": {
      // A grant may be recorded again. It is the same grant, so what was used of it stays used (I2).
      if (mapGet(next.grants, event.grantId) !== undefined) return next;
      const grant = {
        writeCountLeft: event.writeCountMax,
        costUsdLeft: event.costUsdMax,
        expiresAtMs: event.expiresAtMs,
      };
      return { ...next, grants: mapWith(next.grants, event.grantId, grant) };
    }
    default:
      return next;
  }
}

function startRun(site: SiteState, event: Extract<Event, { readonly kind: "run_started" }>): SiteState {
  let { locks, usedApprovals, newestApprovals, grants } = site;
  for (const lock of event.locks) {
    invariant(mapGet(locks, lock) === undefined, "a lock has one holder (I5)");
    locks = mapWith(locks, lock, event.runId);
  }
  const { authorization, reserved } = event;
  if (authorization.kind === "approval") {
    invariant(mapGet(usedApprovals, authorization.approvalId) === undefined, "an approval is used once (I1)");
    usedApprovals = mapWith(usedApprovals, authorization.approvalId, event.runId);
  }
  const newest = mapGet(newestApprovals, event.planHash);
  if (newest !== undefined && newest.usedBy === null)
    newestApprovals = mapWith(newestApprovals, event.planHash, { ...newest, usedBy: event.runId });
  if (reserved !== null) {
    const grant = mapGet(grants, reserved.grantId);
    invariant(
      grant !== undefined && grant.writeCountLeft >= reserved.writeCount && grant.costUsdLeft >= reserved.costUsd,
      "a grant covers what is reserved from it (I2)",
    );
    const left = {
      ...grant,
      writeCountLeft: grant.writeCountLeft - reserved.writeCount,
      costUsdLeft: grant.costUsdLeft - reserved.costUsd,
    };
    grants = mapWith(grants, reserved.grantId, left);
  }
  const openRuns = mapWith(site.openRuns, event.runId, true);
  return { ...site, locks, usedApprovals, newestApprovals, grants, openRuns };
}

function release(locks: SiteState["locks"], lock: string, runId: string): SiteState["locks"] {
  invariant(mapGet(locks, lock) === runId, "a run releases what it holds (I5)");
  return mapWithout(locks, lock);
}

function remember(paces: SiteState["paces"], pace: Pace, atMs: number): SiteState["paces"] {
  const known = mapGet(paces, pace.key) ?? [];
  return mapWith(paces, pace.key, [...known, atMs].slice(-pace.countMax));
}
