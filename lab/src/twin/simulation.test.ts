import { describe, expect, it } from "vitest";
import { type Action, RESPONSES } from "../contract/actions.ts";
import { SLO_LATENCY_MS } from "../contract/constants.ts";
import { FAULT_NAMES, type FaultName } from "../contract/faults.ts";
import { LATENCY_BOUNDS_MS, type Window } from "../contract/window.ts";
import { startAction } from "./actions.ts";
import { injectFault } from "./faults.ts";
import { stopLoad } from "./load.ts";
import { LAB_PHYSICS } from "./physics.ts";
import { openSimulation, runWindow } from "./simulation.ts";
import type { World } from "./world.ts";

function runFor(world: World, windowCount: number): Window[] {
  return Array.from({ length: windowCount }, () => runWindow(world));
}

function total(windows: readonly Window[], pick: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + pick(window), 0);
}

function runDisturbed(
  fault: FaultName,
  action: Action | undefined,
): { readonly world: World; readonly windows: Window[] } {
  const world = openSimulation({ seed: 11, fault });
  const windows = runFor(world, 6);
  injectFault(world);
  windows.push(...runFor(world, 4));
  if (action !== undefined) startAction(world, action, () => undefined);
  windows.push(...runFor(world, 20));
  stopLoad(world);
  windows.push(...runFor(world, 30));
  return { world, windows };
}

const ACTIONS = Object.values(RESPONSES).filter((action) => action !== undefined);
const CASES = FAULT_NAMES.flatMap((fault) =>
  [undefined, ...ACTIONS].map((action) => ({ fault, action, name: action?.kind ?? "nothing" })),
);

describe("conservation", () => {
  it.each(CASES)("every arrival is settled exactly once under $fault with $name", ({ fault, action }) => {
    const { windows } = runDisturbed(fault, action);

    const offeredCount = total(windows, (window) => window.client.offeredCount);
    expect(offeredCount).toBeGreaterThan(600);
    expect(total(windows, (window) => window.client.answeredCount)).toBe(offeredCount);
    expect(
      total(windows, (window) => Object.values(window.client.reasonCounts).reduce((sum, count) => sum + count, 0)),
    ).toBe(offeredCount);
    expect(total(windows, (window) => window.client.latencyCounts.reduce((sum, count) => sum + count, 0))).toBe(
      total(windows, (window) => window.client.reasonCounts.ok),
    );
    // The objective is one of the histogram's bounds, so good answers are those in the buckets below it.
    const bucketCount = (LATENCY_BOUNDS_MS as readonly number[]).indexOf(SLO_LATENCY_MS) + 1;
    expect(
      total(windows, (window) =>
        window.client.latencyCounts.slice(0, bucketCount).reduce((sum, count) => sum + count, 0),
      ),
    ).toBe(total(windows, (window) => window.client.goodCount));
  });

  it.each(CASES)("no slot, queue place or connection is lost under $fault with $name", ({ fault, action }) => {
    const { world } = runDisturbed(fault, action);

    const { workers } = world.fleet;
    expect(
      workers.map(({ busyCount, queue, inFlightCount, usedConnectionCount }) => ({
        busyCount,
        queued: queue.length,
        inFlightCount,
        usedConnectionCount,
      })),
    ).toEqual(workers.map(() => ({ busyCount: 0, queued: 0, inFlightCount: 0, usedConnectionCount: 0 })));
    expect(world.database.connectionCount.app).toBe(
      workers.reduce((sum, worker) => sum + worker.openConnectionCount, 0),
    );
    expect(world.database.connectionCount["nightly-report"]).toBe(
      world.nightly.lockers.length + world.nightly.readerCount,
    );
    expect([world.fleet.busyGauge.value, world.fleet.queueGauge.value]).toEqual([0, 0]);
  });
});

describe("integrity counter", () => {
  it.each(FAULT_NAMES.filter((fault) => fault !== "BUG" && fault !== "OUTAGE"))("stands still under %s", (fault) => {
    const { windows } = runDisturbed(fault, RESPONSES.scale_out);

    expect(windows.at(-1)?.duplicateRowCount).toBe(0);
  });

  it("never falls, and rises under BUG", () => {
    const { windows } = runDisturbed("BUG", undefined);

    const counts = windows.map((window) => window.duplicateRowCount);
    expect(counts).toEqual([...counts].sort((left, right) => left - right));
    expect(counts.at(-1)).toBeGreaterThan(20);
  });
});

describe("stripped to one worker with exponential service", () => {
  // Erlang C for c = 3 servers and a = 2 erlang is 4/9 (Gross et al., Fundamentals of Queueing Theory, 4th ed., 2.3),
  // so L_q = 4/9 · ρ/(1 − ρ) = 8/9 and, at 20 arrivals/s, W = L_q/λ + 1/μ = 44.4 ms + 100 ms.
  const physics = {
    ...LAB_PHYSICS,
    workerCount: 1,
    slotCount: 3,
    queueCountMax: Infinity,
    serviceMs: 0,
    serviceExponentialMs: 100,
    coldRequestCount: 0,
    proxyTimeoutMs: Infinity,
    readMs: 0,
    writeMs: 0,
    connectionCountMax: Infinity,
    billingPerSecond: 0,
    overheadMs: 0,
  };
  const background = { basePerSecond: 20, deployAgeMs: 0, reportReaderCount: 0 };
  const windows = runFor(openSimulation({ seed: 3, fault: "LOAD", physics, background }), 20_000).slice(100);

  it("the mean queue is Erlang's 8/9", () => {
    expect(total(windows, (window) => window.fleet.queueCountMean) / windows.length).toBeCloseTo(8 / 9, 1);
  });

  it("the mean time in the system is 144.4 ms", () => {
    const latencyMsSum = total(windows, (window) => ofWorkers(window, "latencyMsSum"));
    const answerCount = total(windows, (window) => ofWorkers(window, "answerCount"));

    expect(Math.abs(latencyMsSum / answerCount - 144.4)).toBeLessThan(3);
  });

  it("two of three slots are busy on average", () => {
    expect(total(windows, (window) => window.fleet.busySlotCountMean) / windows.length).toBeCloseTo(2, 1);
  });
});

function ofWorkers(window: Window, key: "latencyMsSum" | "answerCount"): number {
  return window.fleet.workers.reduce((sum, worker) => sum + worker[key], 0);
}
