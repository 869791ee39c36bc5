import { BREAKER_CIRCUIT_FAULT, DATABASE } from "../contract/constants.ts";
import { backgroundOf, type FaultName, type Mechanism, mechanismsOf } from "../contract/faults.ts";
import { type Context, deploy, setBreaker } from "./perform-action.ts";
import { RELEASES } from "./system-parts.ts";

async function start(context: Context, mechanism: Mechanism, basePerSecond: number): Promise<void> {
  const { parts } = context;
  switch (mechanism.kind) {
    case "load":
      parts.load.order({ kind: "rate", perSecond: mechanism.perSecond });
      if (mechanism.forMs !== "for_ever")
        setTimeout(() => parts.load.order({ kind: "rate", perSecond: basePerSecond }), mechanism.forMs).unref();
      return;
    case "report_locks":
      parts.nightly.order({ kind: "lock" });
      return;
    // A deploy takes its time: the fault begins with it.
    case "deploy_v2":
      deploy(context, RELEASES.indexOf("v2")).catch((error: unknown) => console.error("deploy failed:", error));
      return;
    case "tight_breaker":
      setBreaker(context, BREAKER_CIRCUIT_FAULT);
      return;
    case "packet_loss":
      parts.lb.order({ kind: "packet_loss", workerId: "app-1" });
      return;
    case "impatient_clients":
      parts.load.order({ kind: "impatient" });
      return;
    case "slow_disk":
      return parts.database.setStorageDelay({ readMs: DATABASE.slowDiskReadMs, writeMs: DATABASE.slowDiskWriteMs });
    case "metric_outage":
      return; // the public view's business: see ground-truth.ts
    default:
      return mechanism satisfies never;
  }
}

/**
 * Starts a fault's mechanisms. The stream of requests restarts with it, so that a seed gives the same requests after
 * it.
 */
export async function injectFault(context: Context, fault: FaultName, seed: number): Promise<void> {
  const { basePerSecond } = backgroundOf(seed);
  context.parts.load.order({ kind: "reseed", seed, perSecond: basePerSecond });
  for (const mechanism of mechanismsOf(fault, seed)) await start(context, mechanism, basePerSecond);
}
