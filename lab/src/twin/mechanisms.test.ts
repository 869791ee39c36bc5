/** Each mechanism against what the contract's numbers say it must come to, worked out by hand. */
import { describe, expect, it } from "vitest";
import type { Action } from "../contract/actions.ts";
import { BUG, DATABASE, LOAD, NETWORK, PROXY, WORKER } from "../contract/constants.ts";
import type { ActionRecord } from "../contract/episode.ts";
import { FAULT_NAMES, type FaultName } from "../contract/faults.ts";
import type { Window } from "../contract/window.ts";
import { startAction } from "./actions.ts";
import { injectFault } from "./faults.ts";
import { stopLoad } from "./load.ts";
import { openSimulation, runWindow } from "./simulation.ts";
import type { World } from "./world.ts";

function openFaulty(fault: FaultName, seed = 21): World {
  const world = openSimulation({ seed, fault });
  runFor(world, 6);
  injectFault(world);
  return world;
}

function runFor(world: World, windowCount: number): Window[] {
  return Array.from({ length: windowCount }, () => runWindow(world));
}

function act(world: World, action: Action, records: ActionRecord[] = []): ActionRecord[] {
  startAction(world, action, (record) => records.push(record));
  return records;
}

function total(windows: readonly Window[], pick: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + pick(window), 0);
}

describe("BUG", () => {
  const perWorker = BUG.backgroundDuplicatesPerSecond;
  const byRequests = LOAD.basePerSecond * LOAD.writeShare * BUG.duplicateWriteProbability;

  function duplicatesPerSecond(action: Action | undefined): number {
    const seeds = [1, 2, 3, 4, 5];
    const rates = seeds.map((seed) => {
      const world = openFaulty("BUG", seed);
      runFor(world, 10);
      if (action !== undefined) act(world, action);
      const before = runFor(world, 5).at(-1)?.duplicateRowCount ?? 0;
      return ((runFor(world, 60).at(-1)?.duplicateRowCount ?? 0) - before) / 60;
    });
    return rates.reduce((sum, rate) => sum + rate, 0) / seeds.length;
  }

  it("corrupts what three background jobs and a fifth of the writes come to", () => {
    expect(Math.abs(duplicatesPerSecond(undefined) / (3 * perWorker + byRequests) - 1)).toBeLessThan(0.12);
  });

  it("scaled out corrupts three more background jobs' worth", () => {
    expect(
      Math.abs(duplicatesPerSecond({ kind: "scale", workerCount: 6 }) / (6 * perWorker + byRequests) - 1),
    ).toBeLessThan(0.12);
  });

  it("without its flag still corrupts by the background jobs", () => {
    expect(Math.abs(duplicatesPerSecond({ kind: "set_flag", isOn: false }) / (3 * perWorker) - 1)).toBeLessThan(0.12);
  });

  it("rolled back corrupts nothing any more", () => {
    expect(duplicatesPerSecond({ kind: "roll_back" })).toBe(0);
  });
});

describe("NETWORK", () => {
  it("delays the lossy worker's answers by the expected retransmissions of four packets, and no other's", () => {
    const windows = runFor(openFaulty("NETWORK"), 300);

    const meanOf = (id: string): number => {
      const own = windows.flatMap((window) => window.fleet.workers.filter((worker) => worker.id === id));
      return (
        own.reduce((sum, worker) => sum + worker.latencyMsSum, 0) /
        own.reduce((sum, worker) => sum + worker.answerCount, 0)
      );
    };
    // Each packet is lost k times in a row with probability p^k, and then waits 200 · 2^(k−1) ms more; at most five
    // times.
    const perPacketMs = [1, 2, 3, 4, 5].reduce(
      (sum, lost) => sum + NETWORK.lossProbability ** lost * NETWORK.retransmitMs * 2 ** (lost - 1),
      0,
    );
    const delayMs = meanOf("app-1") - meanOf("app-2");
    // The proxy's timeout cuts the longest delays short.
    expect(delayMs / (NETWORK.packetsPerRequest * perPacketMs)).toBeGreaterThan(0.8);
    expect(delayMs / (NETWORK.packetsPerRequest * perPacketMs)).toBeLessThan(1.05);
    expect(Math.abs(meanOf("app-2") - meanOf("app-3"))).toBeLessThan(5);
  });
});

describe("RETRY", () => {
  it("sends a request that fails at once five times in all, and settles it once", () => {
    const world = openSimulation({ seed: 21, fault: "RETRY" });
    act(world, { kind: "throttle", perSecond: 1e-6 });
    runFor(world, 6);
    injectFault(world);

    const windows = runFor(world, 20);
    stopLoad(world);
    windows.push(...runFor(world, 2));

    const offeredCount = total(windows, (window) => window.client.offeredCount);
    expect(total(windows, (window) => window.client.attemptCount)).toBe(offeredCount * (1 + LOAD.retryCountMax));
    expect(total(windows, (window) => window.client.reasonCounts.limited)).toBe(offeredCount);
  });
});

describe("DISK", () => {
  it("makes a read wait for storage what the contract says, no more", () => {
    const windows = runFor(openFaulty("DISK"), 30).slice(5);

    const readMsMean =
      total(windows, (window) => window.database.readMsSum) / total(windows, (window) => window.database.readCount);
    expect(readMsMean).toBeCloseTo(DATABASE.slowDiskReadMs + DATABASE.readMs - DATABASE.storageMs, 6);
  });
});

describe("a worker", () => {
  it("queues ten requests and turns the eleventh away", () => {
    const world = openFaulty("LOAD");

    let longest = 0;
    for (let step = 0; step < 1_500; step++) {
      world.queue.runUntil(world, world.queue.nowMs() + 10);
      longest = Math.max(longest, ...world.fleet.workers.map((worker) => worker.queue.length));
    }

    expect(longest).toBe(WORKER.queueCountMax);
  });

  it("answers an error when its session is terminated, and loses the connection", () => {
    const world = openFaulty("DB");
    runFor(world, 5);
    const openBefore = world.database.connectionCount.app;
    const records = act(world, { kind: "terminate_sessions", role: "app", countMax: 4 });

    expect(records[0]?.terminatedCounts).toEqual({ app: 4, "nightly-report": 0, billing: 0 });
    expect(world.database.connectionCount.app).toBe(openBefore - 4);
    expect(world.fleet.workers.reduce((sum, worker) => sum + worker.openConnectionCount, 0)).toBe(openBefore - 4);
  });
});

describe("the proxy", () => {
  it.each(FAULT_NAMES.filter((fault) => fault !== "RETRY"))(
    "gives no good answer after its timeout under %s",
    (fault) => {
      const windows = runFor(openFaulty(fault), 40);

      expect(total(windows, (window) => window.client.latencyCounts.at(-1) ?? 0)).toBe(0);
      expect(PROXY.timeoutMs).toBe(2_000); // The open bucket begins there.
    },
  );

  it("throttled to 60/s lets 60/s pass, and half a second's worth at first", () => {
    const world = openFaulty("LOAD");
    act(world, { kind: "throttle", perSecond: 60 });

    const windows = runFor(world, 60);

    const passedCount = total(windows, (window) => window.client.attemptCount - window.client.reasonCounts.limited);
    expect(Math.abs(passedCount - (60 * 60 + 30))).toBeLessThanOrEqual(2);
  });
});

describe("the fleet", () => {
  it("rolls one worker after another: never more than one is missing, and each is replaced once", () => {
    const world = openSimulation({ seed: 2, fault: "BUG" });
    runFor(world, 6);
    const idsBefore = world.fleet.workers.map(({ id }) => id);
    injectFault(world);

    let fewestReady = 3;
    for (let step = 0; step < 600; step++) {
      world.queue.runUntil(world, world.queue.nowMs() + 10);
      fewestReady = Math.min(fewestReady, world.fleet.workers.filter((worker) => worker.state === "ready").length);
    }

    expect([fewestReady, world.fleet.isRolling]).toEqual([2, false]);
    expect(world.fleet.workers.map(({ id, version }) => ({ id, version }))).toEqual(
      idsBefore.map((id) => ({ id, version: "v2" })),
    );
  });

  it("scales only after the deploy before it has ended", () => {
    const world = openFaulty("BUG");
    const [record] = act(world, { kind: "scale", workerCount: 6 });

    expect([record, world.fleet.isRolling]).toEqual([undefined, true]);
    const records = act(world, { kind: "scale", workerCount: 6 });
    runFor(world, 12);
    expect([records.length, world.fleet.workers.length, world.fleet.isRolling]).toEqual([1, 6, false]);
  });

  it("has nothing to roll forward to before anything newer was deployed", () => {
    const world = openSimulation({ seed: 2, fault: "LOAD" });

    expect(act(world, { kind: "roll_forward" })[0]).toMatchObject({ outcome: "failed", restartedCount: 0 });
  });

  it("counts restarts of the defective version apart from needless ones", () => {
    const world = openFaulty("BUG");
    runFor(world, 10);
    const records = act(world, { kind: "roll_back" });
    runFor(world, 10);

    expect(records[0]).toMatchObject({ outcome: "done", restartedCount: 3, restartedDefectiveCount: 3 });
  });

  it("answers the first dozen requests of a fresh worker slowly, and the rest not", () => {
    const world = openFaulty("LOAD");
    act(world, { kind: "scale", workerCount: 4 });
    const windows = runFor(world, 30);

    const fresh = windows.flatMap((window) => window.fleet.workers.filter(({ id }) => id === "app-4"));
    const [first, last] = [fresh[0], fresh.at(-1)];
    const meanMs = (worker: typeof first): number =>
      worker === undefined ? 0 : worker.latencyMsSum / worker.answerCount;
    expect(meanMs(first)).toBeGreaterThan(WORKER.serviceMs + WORKER.coldExtraMs);
    expect(meanMs(last)).toBeLessThan(meanMs(first));
  });
});
