import type { Registry } from "prom-client";
import { ROLES } from "../contract/window.ts";
import { counterOf, createRegistry, gaugeOf } from "../processes/child.ts";
import type { Database } from "./database.ts";

const SAMPLE_EVERY_MS = 250;

/** Samples the database four times a second and integrates what it sees into counters. */
export interface DatabaseMonitor {
  readonly registry: Registry;
  readonly close: () => void;
}

/** Starts the monitor; the registry is the supervisor's own. */
export function startDatabaseMonitor(database: Database): DatabaseMonitor {
  const registry = createRegistry("supervisor");
  const waiters = counterOf(registry, "lockWaiterSeconds");
  const blockers = counterOf(registry, "blockerSeconds");
  const connections = gaugeOf(registry, "connections");
  const duplicates = gaugeOf(registry, "duplicateRows");
  let sampledAtMs = performance.now();
  let isClosed = false;
  let timer = setTimeout(tick, 0);

  async function sample(): Promise<void> {
    const seen = await database.sample();
    const nowMs = performance.now();
    const seconds = (nowMs - sampledAtMs) / 1_000;
    sampledAtMs = nowMs;
    waiters.inc(seen.lockWaiterCount * seconds);
    for (const role of ROLES) {
      blockers.inc({ role }, seen.blockerCount[role] * seconds);
      connections.set({ role }, seen.connectionCount[role]);
    }
    duplicates.set(seen.duplicateRowCount);
  }

  function tick(): void {
    sample()
      .catch(() => undefined)
      .finally(() => {
        if (!isClosed) timer = setTimeout(tick, SAMPLE_EVERY_MS);
      });
  }

  return {
    registry,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
