/**
 * Labelled incidents from the twin, one a line: what a situation's likelihoods, utilities and catastrophe probabilities
 * are counted from. The context is the truth, so these are the file a calibrator may see and an agent under test may
 * not.
 */

import type { ResponseName } from "../contract/actions.ts";
import type { AlertRecord, Episode } from "../contract/episode.ts";
import { FAULT_NAMES, type FaultName } from "../contract/faults.ts";
import { type ProbeName, type ProbeOutputs, type ProbeReading, readProbe } from "../contract/probes.ts";
import { createRandom } from "../contract/random.ts";
import { type CatastropheKind, type Damage, scoreEpisode } from "../contract/score.ts";
import { drawContext, type Outcomes, observeAll, PRIORS, type PriorName } from "../policies/index.ts";
import { RESPONSE_NAMES, runResponse, runWaitTwin } from "./responses.ts";

/** Format name of an incident. */
const INCIDENT_FORMAT = "interlock-lab.incident/1";

/** One incident: what was the matter, what was seen when the alert fired, what was done, and what came of it. */
export interface Incident {
  readonly format: typeof INCIDENT_FORMAT;
  readonly tier: "twin";
  readonly seed: number;
  /** The prior the context was drawn from; `wide` is uniform over all faults, named contexts or not. */
  readonly prior: IncidentPrior;
  readonly context: FaultName;
  readonly alert: AlertRecord;
  /** Outcome of each probe at the alert, by the lab's thresholds. */
  readonly observations: Outcomes;
  /** The same probes as numbers, summed up over the last five windows. */
  readonly windows: WindowSummary;
  readonly response: ResponseName;
  /** By the score's own costs; 0 is an undisturbed minute. */
  readonly utility: number;
  readonly catastrophe: boolean;
  readonly catastrophes: readonly CatastropheKind[];
  readonly restored: boolean;
  readonly damage: Damage;
  /** Damage beyond that of doing nothing. */
  readonly harm: Damage;
}

/** Raw numbers over the windows before the alert. */
export interface WindowSummary {
  readonly offeredPerSecond: number;
  readonly attemptsPerRequest: number;
  readonly goodShare: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly fullShare: number;
  readonly breakerShare: number;
  readonly timeoutShare: number;
  readonly tooManyClientsShare: number;
  readonly queueCountMean: number;
  readonly busyShare: number;
  readonly lockWaiterCountMean: number;
  readonly reportBlockerCountMean: number;
  readonly connectionCount: number;
  readonly refusedPerSecond: number;
  readonly deployAgeSeconds: number;
  readonly breakerOpenShare: number;
  readonly breakerOpenedCount: number;
  readonly breakerSettingsAgeSeconds: number;
  readonly reportSessionCount: number;
  readonly duplicateRowsPerSecond: number;
  readonly billingErrorShare: number;
  readonly slowestWorkerRatio: number;
  readonly readMsMean: number;
  readonly writeMsMean: number;
}

/** Where contexts are drawn from. */
export type IncidentPrior = PriorName | "wide";
/** `random` draws one response an incident; `all` gives every response to each. */
export type ResponseChoice = ResponseName | "random" | "all";

/**
 * Generates incidents until there are `count`; one seed after another, from `seedFirst`. Those without an alert are
 * none.
 */
export function* generateIncidents(options: {
  readonly count: number;
  readonly seedFirst: number;
  readonly prior: IncidentPrior;
  readonly responses: ResponseChoice;
}): Generator<Incident, void, void> {
  let count = 0;
  for (let seed = options.seedFirst; count < options.count; seed++) {
    const context = drawFault(options.prior, seed);
    const waitTwin = runWaitTwin(context, seed);
    const { alert } = waitTwin;
    if (alert === undefined) continue;
    for (const response of responsesOf(options.responses, seed)) {
      if (count === options.count) return;
      const episode = response === "wait" ? waitTwin : runResponse(context, seed, response);
      yield describeIncident({ prior: options.prior, episode, waitTwin, alert, response });
      count++;
    }
  }
}

/** The fault of a seed under a prior. */
export function drawFault(prior: IncidentPrior, seed: number): FaultName {
  const uniform = createRandom(seed, "incident-context")();
  if (prior !== "wide") return drawContext(PRIORS[prior], uniform);
  return FAULT_NAMES[Math.floor(uniform * FAULT_NAMES.length)] ?? "LOAD";
}

function responsesOf(choice: ResponseChoice, seed: number): readonly ResponseName[] {
  if (choice === "all") return RESPONSE_NAMES;
  if (choice !== "random") return [choice];
  const index = Math.floor(createRandom(seed, "incident-response")() * RESPONSE_NAMES.length);
  return [RESPONSE_NAMES[index] ?? "wait"];
}

function describeIncident(of: {
  readonly prior: IncidentPrior;
  readonly episode: Episode;
  readonly waitTwin: Episode;
  readonly alert: AlertRecord;
  readonly response: ResponseName;
}): Incident {
  const { episode, alert } = of;
  const score = scoreEpisode(episode, of.waitTwin);
  const read = probesAt(episode, alert);
  return {
    format: INCIDENT_FORMAT,
    tier: "twin",
    seed: episode.seed,
    prior: of.prior,
    context: episode.fault,
    alert,
    observations: observeAll(read),
    windows: summarise((probe) => outputOf(read(probe))),
    response: of.response,
    utility: score.utility,
    catastrophe: score.catastrophes.length > 0,
    catastrophes: score.catastrophes,
    restored: score.restored,
    damage: score.damage,
    harm: score.harm,
  };
}

type ReadProbe = <N extends ProbeName>(probe: N) => ProbeReading<N> | undefined;

/** Probes as they answered when the alert fired: from windows closed by then. */
function probesAt(episode: Episode, alert: AlertRecord): ReadProbe {
  const windows = episode.windows.filter((window) => window.endMs <= alert.firedAtMs);
  return (probe) => readProbe(probe, windows, alert.firedAtMs);
}

function outputOf<N extends ProbeName>(reading: ProbeReading<N> | undefined): ProbeOutputs[N] {
  if (reading === undefined) throw new Error("broken invariant: an alert comes after windows");
  return reading.output;
}

function summarise(read: <N extends ProbeName>(probe: N) => ProbeOutputs[N]): WindowSummary {
  const traffic = read("traffic");
  const latency = read("latency");
  const { shares } = read("errors");
  const saturation = read("saturation");
  const locks = read("locks");
  const connections = read("connections");
  const breaker = read("breaker");
  const sql = read("sql");
  return {
    offeredPerSecond: traffic.offeredPerSecond,
    attemptsPerRequest: traffic.attemptsPerRequest,
    goodShare: latency.goodShare,
    p50Ms: latency.p50Ms,
    p95Ms: latency.p95Ms,
    fullShare: shares.full,
    breakerShare: shares.breaker,
    timeoutShare: shares.timeout,
    tooManyClientsShare: shares.too_many_clients,
    queueCountMean: saturation.queueCountMean,
    busyShare: saturation.busyShare,
    lockWaiterCountMean: locks.waiterCountMean,
    reportBlockerCountMean: locks.blockerCountMean["nightly-report"],
    connectionCount: Object.values(connections.connectionCount).reduce((sum, count) => sum + count, 0),
    refusedPerSecond: connections.refusedPerSecond,
    deployAgeSeconds: read("deploy").ageSeconds,
    breakerOpenShare: breaker.openShare,
    breakerOpenedCount: breaker.openedCount,
    breakerSettingsAgeSeconds: breaker.settingsAgeSeconds,
    reportSessionCount: read("nightly").sessionCount,
    duplicateRowsPerSecond: read("integrity").duplicateRowsPerSecond,
    billingErrorShare: read("billing").errorShare,
    slowestWorkerRatio: read("workers").slowestRatio,
    readMsMean: sql.readMsMean,
    writeMsMean: sql.writeMsMean,
  };
}
