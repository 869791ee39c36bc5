/**
 * Named outcomes of probes, by the lab's own thresholds: what a situation's likelihoods are counted over.
 *
 * A threshold lies in the gap between rest and fault where there is one; where there is none, outcomes overlap, as they
 * do in life. Raw numbers stay available beside them, for anyone who prefers another classifier.
 */
import { ALERT_RULE } from "../contract/alert.ts";
import { DATABASE } from "../contract/constants.ts";
import { PROBE_NAMES, type ProbeName, type ProbeOutputs, type ProbeReading } from "../contract/probes.ts";

/** Thresholds, in the units of the probe they belong to. */
export const OUTCOME_THRESHOLDS = {
  surgeOverUsual: 1.5,
  retriesPerRequest: 1.2,
  slowP95Ms: ALERT_RULE.p95MsMax,
  failingErrorShare: 0.05,
  saturatedQueueCount: 3,
  busyShare: 0.6,
  contentionWaiters: 2,
  nearCapConnections: DATABASE.connectionCountMax - 2,
  recentDeploySeconds: 900,
  breakerOpenShare: 0.05,
  heavyReportSessions: 5,
  failingBillingShare: 0.05,
  slowWorkerRatio: 1.5,
  slowSqlMs: 30,
} as const;

/** Outcomes each probe may have, apart from `no_answer`. */
export const PROBE_OUTCOMES = {
  traffic: ["normal", "surge", "retries"],
  latency: ["fast", "slow"],
  errors: ["few", "full", "breaker", "timeout", "too_many_clients", "other"],
  saturation: ["idle", "busy", "saturated"],
  locks: ["clean", "contention"],
  connections: ["free", "near_cap", "refused"],
  deploy: ["old", "recent"],
  breaker: ["closed", "opening", "changed"],
  nightly: ["none", "few", "heavy"],
  integrity: ["still", "corrupting"],
  billing: ["fine", "failing"],
  workers: ["even", "one_slow"],
  sql: ["fast", "slow"],
} as const satisfies Record<ProbeName, readonly string[]>;

/** An outcome of a probe; `no_answer` when nothing was recorded or the recorder has stopped. */
export type Outcome<N extends ProbeName = ProbeName> = (typeof PROBE_OUTCOMES)[N][number] | "no_answer";

/** Outcome of each probe, by name. */
export type Outcomes = { readonly [N in ProbeName]: Outcome<N> };

/** The named outcome of a reading. */
export function outcomeOf<N extends ProbeName>(probe: N, reading: ProbeReading<N> | undefined): Outcome<N> {
  if (reading === undefined || reading.isStale) return "no_answer";
  return CLASSIFIERS[probe](reading.output);
}

/** The named outcomes of all probes. */
export function observeAll(readProbe: <N extends ProbeName>(probe: N) => ProbeReading<N> | undefined): Outcomes {
  // Every probe is a key, by construction over PROBE_NAMES, and each value comes from that probe's own classifier.
  return Object.fromEntries(
    PROBE_NAMES.map((probe) => [probe, outcomeOf(probe, readProbe(probe))]),
  ) as unknown as Outcomes;
}

const LIMITS = OUTCOME_THRESHOLDS;

const CLASSIFIERS: { readonly [N in ProbeName]: (output: ProbeOutputs[N]) => Exclude<Outcome<N>, "no_answer"> } = {
  traffic: (output) => {
    if (output.attemptsPerRequest >= LIMITS.retriesPerRequest) return "retries";
    return output.offeredPerSecond >= LIMITS.surgeOverUsual * output.usualPerSecond ? "surge" : "normal";
  },
  latency: (output) => (output.p95Ms > LIMITS.slowP95Ms ? "slow" : "fast"),
  errors: (output) => (output.errorShare < LIMITS.failingErrorShare ? "few" : greatestReason(output.shares)),
  saturation: (output) => {
    if (output.queueCountMean >= LIMITS.saturatedQueueCount) return "saturated";
    return output.busyShare >= LIMITS.busyShare ? "busy" : "idle";
  },
  locks: (output) => (output.waiterCountMean >= LIMITS.contentionWaiters ? "contention" : "clean"),
  connections: (output) => {
    if (output.refusedPerSecond > 0) return "refused";
    const openCount = Object.values(output.connectionCount).reduce((sum, count) => sum + count, 0);
    return openCount >= LIMITS.nearCapConnections ? "near_cap" : "free";
  },
  deploy: (output) => (output.ageSeconds < LIMITS.recentDeploySeconds ? "recent" : "old"),
  breaker: (output) => {
    const { settings, usualSettings } = output;
    if (settings.slowMs !== usualSettings.slowMs || settings.failureRatio !== usualSettings.failureRatio)
      return "changed";
    return output.openShare >= LIMITS.breakerOpenShare ? "opening" : "closed";
  },
  nightly: (output) => {
    if (output.sessionCount >= LIMITS.heavyReportSessions) return "heavy";
    return output.sessionCount > 0 ? "few" : "none";
  },
  integrity: (output) => (output.duplicateRowsPerSecond > 0 ? "corrupting" : "still"),
  billing: (output) => (output.errorShare >= LIMITS.failingBillingShare ? "failing" : "fine"),
  workers: (output) => (output.slowestRatio >= LIMITS.slowWorkerRatio ? "one_slow" : "even"),
  sql: (output) => (Math.max(output.readMsMean, output.writeMsMean) >= LIMITS.slowSqlMs ? "slow" : "fast"),
};

/** The reason of most bad answers; ties go to the one named first. */
function greatestReason(shares: ProbeOutputs["errors"]["shares"]): Exclude<Outcome<"errors">, "no_answer" | "few"> {
  const named = ["full", "breaker", "timeout", "too_many_clients"] as const;
  const best = named.reduce((left, right) => (shares[right] > shares[left] ? right : left));
  return shares[best] > shares.limited + shares.unreachable + shares.error ? best : "other";
}
