/** Injecting a fault: each elementary mechanism of the contract, switched on in the world. */
import { BREAKER_CIRCUIT_FAULT, DATABASE } from "../contract/constants.ts";
import { type Mechanism, mechanismsOf } from "../contract/faults.ts";
import { setBreaker } from "./breaker.ts";
import { deployVersion } from "./fleet.ts";
import { reseedLoad, setRate } from "./load.ts";
import { startReportLocks } from "./tenants.ts";
import type { World } from "./world.ts";

/** Injects the world's fault now. A metric outage is the episode's affair: it touches the recorder, not the system. */
export function injectFault(world: World): void {
  reseedLoad(world);
  for (const mechanism of mechanismsOf(world.fault, world.seed)) switchOn(world, mechanism);
}

function switchOn(world: World, mechanism: Mechanism): void {
  const nowMs = world.queue.nowMs();
  switch (mechanism.kind) {
    case "load":
      setRate(world, mechanism.perSecond);
      if (mechanism.forMs !== "for_ever") world.queue.schedule(nowMs + mechanism.forMs, endBurst, undefined);
      return;
    case "report_locks":
      return startReportLocks(world);
    case "deploy_v2":
      return deployVersion(world, "v2", () => undefined);
    case "tight_breaker":
      return setBreaker(world.breaker, BREAKER_CIRCUIT_FAULT, nowMs);
    case "packet_loss":
      world.lossyWorkerId = "app-1";
      return;
    case "impatient_clients":
      world.isImpatient = true;
      return;
    case "slow_disk":
      world.database.extraReadMs = DATABASE.slowDiskReadMs - DATABASE.storageMs;
      world.database.extraWriteMs = DATABASE.slowDiskWriteMs - DATABASE.storageMs;
      return;
    case "metric_outage":
      return;
    default:
      return mechanism satisfies never;
  }
}

function endBurst(world: World): void {
  setRate(world, world.background.basePerSecond);
}
