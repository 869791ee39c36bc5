/**
 * The database as far as the incident needs it: a cap on connections, and one row everybody writes.
 *
 * The lock is granted in the order of asking. A waiter counts as a blocker of those behind it, as `pg_blocking_pids`
 * has it.
 */

import type { Role } from "../contract/window.ts";
import { changeGauge } from "./gauge.ts";
import type { RowClaim, World } from "./world.ts";

/** Opens a connection, or refuses it at the cap (SQLSTATE 53300). */
export function openConnection(world: World, role: Role): boolean {
  const { connectionCount } = world.database;
  const openCount = connectionCount.app + connectionCount["nightly-report"] + connectionCount.billing;
  if (openCount >= world.physics.connectionCountMax) {
    if (role === "app") world.meters.refusedConnectionCount++;
    return false;
  }
  connectionCount[role]++;
  return true;
}

/** Closes a connection of a role. */
export function closeConnection(world: World, role: Role): void {
  world.database.connectionCount[role]--;
}

/** Asks for the hot row: held at once when it is free, else after everyone who asked before. */
export function claimRow(world: World, claim: RowClaim): void {
  const { database } = world;
  if (database.holder === undefined) return hold(world, claim);
  countBlockers(world, -1);
  database.waiters.push(claim);
  changeGauge(database.waiterGauge, world.queue.nowMs(), 1);
  countBlockers(world, 1);
}

/** Ends a claim early, as terminating its session does. */
export function cancelClaim(world: World, claim: RowClaim): void {
  const { database } = world;
  claim.isCancelled = true;
  const index = database.waiters.indexOf(claim);
  if (index >= 0) {
    countBlockers(world, -1);
    database.waiters.splice(index, 1);
    changeGauge(database.waiterGauge, world.queue.nowMs(), -1);
    countBlockers(world, 1);
    claim.whenReleased(world, claim);
  } else if (database.holder === claim) release(world, claim);
}

/** Everyone who holds or waits for the row. */
export function claimsOf(world: World): readonly RowClaim[] {
  const { holder, waiters } = world.database;
  return holder === undefined ? [] : [holder, ...waiters];
}

function hold(world: World, claim: RowClaim): void {
  world.database.holder = claim;
  world.queue.schedule(world.queue.nowMs() + claim.holdMs, endHold, claim);
}

function endHold(world: World, claim: RowClaim): void {
  if (world.database.holder === claim) release(world, claim);
}

function release(world: World, claim: RowClaim): void {
  const { database } = world;
  countBlockers(world, -1);
  database.holder = undefined;
  const next = database.waiters.shift();
  if (next !== undefined) {
    changeGauge(database.waiterGauge, world.queue.nowMs(), -1);
    hold(world, next);
  }
  countBlockers(world, 1);
  claim.whenReleased(world, claim);
}

/** Adds `sign` for the holder and for each waiter but the last: those are the sessions that block another. */
function countBlockers(world: World, sign: 1 | -1): void {
  const { holder, waiters, blockerGauges } = world.database;
  if (holder === undefined || waiters.length === 0) return;
  const nowMs = world.queue.nowMs();
  changeGauge(blockerGauges[holder.role], nowMs, sign);
  for (let index = 0; index + 1 < waiters.length; index++) {
    const waiter = waiters[index];
    if (waiter !== undefined) changeGauge(blockerGauges[waiter.role], nowMs, sign);
  }
}
