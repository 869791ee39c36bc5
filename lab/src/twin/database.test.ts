import { describe, expect, it } from "vitest";

import { DATABASE } from "../contract/constants.ts";
import type { Window } from "../contract/window.ts";
import { cancelClaim, claimRow, closeConnection, openConnection } from "./database.ts";
import { stopLoad } from "./load.ts";
import { LAB_PHYSICS } from "./physics.ts";
import { openSimulation, runWindow } from "./simulation.ts";
import { pauseNightly, resumeNightly, startReportLocks, terminateReport } from "./tenants.ts";
import type { RowClaim, World } from "./world.ts";

/** A lab without load and without the second tenant: only the test touches the database. */
function openQuietWorld(): World {
  const world = openSimulation({
    seed: 1,
    fault: "DB",
    physics: { ...LAB_PHYSICS, billingPerSecond: 0 },
    background: { basePerSecond: 1, deployAgeMs: 0, reportReaderCount: 0 },
  });
  stopLoad(world);
  return world;
}

function claim(world: World, name: string, released: string[]): RowClaim {
  const made: RowClaim = {
    role: "app",
    holdMs: 100,
    attempt: undefined,
    isCancelled: false,
    whenReleased: (at, own) => released.push(`${name}${own.isCancelled ? " cancelled" : ""} ${at.queue.nowMs()}`),
  };
  claimRow(world, made);
  return made;
}

function runFor(world: World, windowCount: number): Window | undefined {
  return Array.from({ length: windowCount }, () => runWindow(world)).at(-1);
}

describe("the hot row", () => {
  it("is granted in the order of asking, one after another", () => {
    const world = openQuietWorld();
    const released: string[] = [];
    for (const name of ["a", "b", "c"]) claim(world, name, released);

    runFor(world, 1);

    expect(released).toEqual(["a 100", "b 200", "c 300"]);
  });

  it("goes to the next at once when its holder is terminated", () => {
    const world = openQuietWorld();
    const released: string[] = [];
    const [first] = ["a", "b"].map((name) => claim(world, name, released));
    if (first !== undefined) cancelClaim(world, first);

    runFor(world, 1);

    expect(released).toEqual(["a cancelled 0", "b 100"]);
  });

  it("forgets a waiter that is terminated", () => {
    const world = openQuietWorld();
    const released: string[] = [];
    const claims = ["a", "b", "c"].map((name) => claim(world, name, released));
    const [, second] = claims;
    if (second !== undefined) cancelClaim(world, second);

    runFor(world, 1);

    expect(released).toEqual(["b cancelled 0", "a 100", "c 200"]);
  });
});

describe("the nightly report under DB", () => {
  it("holds the row without a gap: of eight sessions seven wait, and each but the last blocks another", () => {
    const world = openQuietWorld();
    startReportLocks(world);

    const window = runFor(world, 5);

    expect(window?.database.lockWaiterCountMean).toBeCloseTo(DATABASE.reportSessionCount - 1, 9);
    expect(window?.database.blockerCountMean["nightly-report"]).toBeCloseTo(DATABASE.reportSessionCount - 1, 9);
  });

  it("stays away once its sessions are terminated, and takes its connections along", () => {
    const world = openQuietWorld();
    startReportLocks(world);
    runFor(world, 2);

    expect(terminateReport(world, 8)).toBe(8);
    expect(runFor(world, 3)?.database).toMatchObject({
      lockWaiterCountMean: 0,
      connectionCount: { "nightly-report": 0 },
    });
  });

  it("ends only as many sessions as were asked for", () => {
    const world = openQuietWorld();
    startReportLocks(world);

    expect(terminateReport(world, 3)).toBe(3);
    expect(runFor(world, 2)?.nightly.sessionCount).toBe(5);
  });

  it("pauses after its current transactions, and goes on when resumed", () => {
    const world = openQuietWorld();
    startReportLocks(world);
    pauseNightly(world);
    const paused = runFor(world, 4);
    resumeNightly(world);

    expect([paused?.nightly.sessionCount, runFor(world, 1)?.nightly.sessionCount]).toEqual([0, 8]);
  });
});

describe("the cap on connections", () => {
  it("refuses the nineteenth from any role, until one is closed", () => {
    const world = openQuietWorld();
    const opened = Array.from({ length: 19 }, () => openConnection(world, "app"));

    expect(opened).toEqual([...Array.from({ length: 18 }, () => true), false]);
    expect(openConnection(world, "billing")).toBe(false);
    closeConnection(world, "app");
    expect(openConnection(world, "billing")).toBe(true);
  });
});
