import { LOAD } from "./constants.ts";
import { createRandom } from "./random.ts";

/** Every fault that can be injected. The first four are the contexts a situation names. */
export const FAULT_NAMES = [
  "LOAD",
  "DB",
  "BUG",
  "CIRCUIT",
  "NETWORK",
  "RETRY",
  "SPIKE",
  "TWO",
  "OUTAGE",
  "DISK",
] as const;
/** The name of a fault. */
export type FaultName = (typeof FAULT_NAMES)[number];

/** The faults that separate the responses: each has one right action. */
export const MAIN_FAULTS = ["LOAD", "DB", "BUG", "CIRCUIT"] as const satisfies readonly FaultName[];
/** One of the four main faults. */
export type MainFault = (typeof MAIN_FAULTS)[number];

/** What a fault does to the system, as elementary mechanisms. */
export type Mechanism =
  | { readonly kind: "load"; readonly perSecond: number; readonly forMs: number | "for_ever" }
  | { readonly kind: "report_locks" }
  | { readonly kind: "deploy_v2" }
  | { readonly kind: "tight_breaker" }
  | { readonly kind: "packet_loss" }
  | { readonly kind: "impatient_clients" }
  | { readonly kind: "slow_disk" }
  /** The recorder freezes as soon as the alert has fired: probes return what they last saw. */
  | { readonly kind: "metric_outage" };

/** One line on each fault, for help texts. */
export const FAULT_SUMMARIES: Readonly<Record<FaultName, string>> = {
  LOAD: "offered load rises from 30 to 85 requests/s",
  DB: "eight sessions of the nightly report hold the hot row 300 ms each",
  BUG: "version v2: blocks its event loop, applies some writes twice",
  CIRCUIT: "the proxy's breaker is set tighter than normal latency",
  NETWORK: "the path to one worker drops 20 % of packets",
  RETRY: "clients retry without back-off after a short burst",
  SPIKE: "a burst that ends by itself: waiting is right",
  TWO: "LOAD and DB at once",
  OUTAGE: "one of the four main faults, and the recorder freezes when the alert fires",
  DISK: "slow storage: outside every named context, escalating is right",
};

/** The main fault that hides behind OUTAGE for a seed. */
function outageFault(seed: number): MainFault {
  const index = Math.floor(createRandom(seed, "outage-fault")() * MAIN_FAULTS.length);
  return MAIN_FAULTS[index] ?? "LOAD";
}

/** The mechanisms of a fault; only OUTAGE depends on the seed. */
export function mechanismsOf(fault: FaultName, seed: number): readonly Mechanism[] {
  switch (fault) {
    case "LOAD":
      return [{ kind: "load", perSecond: LOAD.faultPerSecond, forMs: "for_ever" }];
    case "DB":
      return [{ kind: "report_locks" }];
    case "BUG":
      return [{ kind: "deploy_v2" }];
    case "CIRCUIT":
      return [{ kind: "tight_breaker" }];
    case "NETWORK":
      return [{ kind: "packet_loss" }];
    case "RETRY":
      return [
        { kind: "impatient_clients" },
        { kind: "load", perSecond: LOAD.faultPerSecond, forMs: LOAD.retryTriggerMs },
      ];
    case "SPIKE":
      return [{ kind: "load", perSecond: LOAD.faultPerSecond, forMs: LOAD.spikeMs }];
    case "TWO":
      return [...mechanismsOf("LOAD", seed), ...mechanismsOf("DB", seed)];
    case "OUTAGE":
      return [...mechanismsOf(outageFault(seed), seed), { kind: "metric_outage" }];
    case "DISK":
      return [{ kind: "slow_disk" }];
    default:
      return fault satisfies never;
  }
}

/** Circumstances that vary with the seed and mean nothing, so that signatures overlap as they do in life. */
export interface Background {
  readonly basePerSecond: number;
  /** How long before the start the running version was deployed; sometimes recent without being to blame. */
  readonly deployAgeMs: number;
  /** Harmless read-only sessions the nightly job holds at rest. */
  readonly reportReaderCount: number;
}

/** The background of a seed: same for every fault, policy and tier. */
export function backgroundOf(seed: number): Background {
  const random = createRandom(seed, "background");
  const basePerSecond = LOAD.basePerSecond * (0.9 + 0.2 * random());
  const isDeployRecent = random() < 0.2;
  const deployAgeMs = isDeployRecent ? 60_000 + 840_000 * random() : 14_400_000 + 400_000_000 * random();
  const reportReaderCount = random() < 0.3 ? 2 : 0;
  return { basePerSecond, deployAgeMs: Math.round(deployAgeMs), reportReaderCount };
}
