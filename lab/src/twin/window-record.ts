/** Turns the meters into a window of the contract, one a second, and starts them again. */

import type { Window } from "../contract/window.ts";
import { takeMean } from "./gauge.ts";
import { resetMeters } from "./meters.ts";
import type { World } from "./world.ts";

/** Closes the window that began at `startMs`, now. */
export function closeWindow(world: World, startMs: number): Window {
  const nowMs = world.queue.nowMs();
  const { meters, fleet, breaker, database, nightly } = world;
  const span = { fromMs: startMs, nowMs };
  const workers = fleet.workers
    .filter((worker) => worker.answerCount > 0)
    .map(({ id, answerCount, latencyMsSum }) => ({ id, answerCount, latencyMsSum }));
  const window: Window = {
    index: Math.round(startMs / (nowMs - startMs)),
    startMs,
    endMs: nowMs,
    machine: { generatorLagMsMax: 0, loadAverage: 0 }, // A virtual clock never lags.
    client: {
      offeredCount: meters.offeredCount,
      attemptCount: meters.attemptCount,
      answeredCount: meters.answeredCount,
      goodCount: meters.goodCount,
      reasonCounts: meters.reasonCounts,
      latencyCounts: meters.latencyCounts,
    },
    fleet: {
      workerCountTarget: fleet.targetCount,
      workerCountReady: countReady(world),
      queueCountMean: takeMean(fleet.queueGauge, span),
      busySlotCountMean: takeMean(fleet.busyGauge, span),
      workers,
    },
    breaker: {
      openShare: takeMean(breaker.notClosed, span),
      openedCount: breaker.openedCount - meters.openedCountBefore,
      settings: breaker.settings,
      settingsChangedAtMs: breaker.settingsChangedAtMs,
    },
    database: {
      lockWaiterCountMean: takeMean(database.waiterGauge, span),
      blockerCountMean: {
        app: takeMean(database.blockerGauges.app, span),
        "nightly-report": takeMean(database.blockerGauges["nightly-report"], span),
        billing: takeMean(database.blockerGauges.billing, span),
      },
      connectionCount: { ...database.connectionCount },
      refusedConnectionCount: meters.refusedConnectionCount,
      readCount: meters.readCount,
      readMsSum: meters.readMsSum,
      writeCount: meters.writeCount,
      writeMsSum: meters.writeMsSum,
    },
    billing: { requestCount: meters.billingRequestCount, errorCount: meters.billingErrorCount },
    duplicateRowCount: meters.duplicateRowCount,
    release: {
      version: fleet.version,
      deployedAtMs: fleet.deployedAtMs,
      isRolling: fleet.isRolling,
      isFlagOn: fleet.isFlagOn,
    },
    throttlePerSecond: world.throttlePerSecond,
    nightly: { isPaused: nightly.isPaused, sessionCount: nightly.lockers.length + nightly.readerCount },
  };
  resetMeters(meters, breaker.openedCount);
  for (const worker of fleet.workers) {
    worker.answerCount = 0;
    worker.latencyMsSum = 0;
  }
  return window;
}

function countReady(world: World): number {
  let count = 0;
  for (const worker of world.fleet.workers) if (worker.state === "ready") count++;
  return count;
}
