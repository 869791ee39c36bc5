/**
 * The database's other users: the nightly report, which under DB holds the hot row, and the second tenant, `billing`.
 */
import { DATABASE } from "../contract/constants.ts";
import { cancelClaim, claimRow, closeConnection, openConnection } from "./database.ts";

import type { RowClaim, World } from "./world.ts";

/** Starts the second tenant and the report's harmless readers. */
export function startTenants(world: World): void {
  scheduleBilling(world);
  openReport(world);
}

/** At a fixed beat, as a script in a loop does. */
function scheduleBilling(world: World): void {
  if (world.physics.billingPerSecond === 0) return;
  world.queue.schedule(world.queue.nowMs() + 1_000 / world.physics.billingPerSecond, requestBilling, undefined);
}

function requestBilling(world: World): void {
  scheduleBilling(world);
  world.meters.billingRequestCount++;
  if (!openConnection(world, "billing")) {
    world.meters.billingErrorCount++;
    world.meters.refusedConnectionCount++;
    return;
  }
  world.queue.schedule(world.queue.nowMs() + world.physics.billingMs, endBilling, undefined);
}

function endBilling(world: World): void {
  closeConnection(world, "billing");
}

/** DB: the report's sessions, eight now, lock the hot row one after another for ever. */
export function startReportLocks(world: World): void {
  const { nightly } = world;
  nightly.isLocking = true;
  nightly.wantedCount = DATABASE.reportSessionCount;
  for (; nightly.readerCount > 0; nightly.readerCount--) lockAgain(world);
  openReport(world);
}

/** Pauses the report: each session ends after its current transaction; readers end now. */
export function pauseNightly(world: World): void {
  world.nightly.isPaused = true;
  endReaders(world, world.nightly.readerCount);
}

/** Lets the report go on where it was. */
export function resumeNightly(world: World): void {
  world.nightly.isPaused = false;
  openReport(world);
}

/** Terminates sessions of the report, at most `countMax`; they do not come back. Returns how many. */
export function terminateReport(world: World, countMax: number): number {
  const claims = world.nightly.lockers.slice(0, countMax);
  for (const claim of claims) cancelClaim(world, claim);
  return claims.length + endReaders(world, countMax - claims.length);
}

function openReport(world: World): void {
  const { nightly } = world;
  if (nightly.isPaused) return;
  while (
    nightly.lockers.length + nightly.readerCount < nightly.wantedCount &&
    openConnection(world, "nightly-report")
  ) {
    if (nightly.isLocking) lockAgain(world);
    else nightly.readerCount++;
  }
}

function lockAgain(world: World): void {
  const claim: RowClaim = {
    role: "nightly-report",
    holdMs: DATABASE.reportHoldMs,
    whenReleased: endReport,
    attempt: undefined,
    isCancelled: false,
  };
  world.nightly.lockers.push(claim);
  claimRow(world, claim);
}

function endReport(world: World, claim: RowClaim): void {
  const { lockers, isPaused } = world.nightly;
  const index = lockers.indexOf(claim);
  if (index >= 0) lockers.splice(index, 1);
  if (claim.isCancelled || isPaused) closeConnection(world, "nightly-report");
  else lockAgain(world);
}

function endReaders(world: World, countMax: number): number {
  const count = Math.min(countMax, world.nightly.readerCount);
  world.nightly.readerCount -= count;
  for (let index = 0; index < count; index++) closeConnection(world, "nightly-report");
  return count;
}
