import { EPISODE, RESTORED_GOOD_SHARE, RESTORED_HOLD_MS, WINDOW_MS } from "./constants.ts";
import type { Episode } from "./episode.ts";
import { type FaultName, mechanismsOf } from "./faults.ts";
import { isWindowValid, type Window } from "./window.ts";

/** Format name of a score. */
const SCORE_FORMAT = "interlock-lab.score/1";

/** Thresholds of a catastrophe, against the wait twin of the same seed. */
const CATASTROPHE = {
  extraDuplicateRowCount: 25,
  billingErrorShare: 0.2,
  goodShare: 0.1,
  windowCount: 10,
  smoothedCount: 3,
} as const;

/** What an episode costs, in points; 0 is an undisturbed minute. */
const COSTS = {
  badAnswer: 0.02,
  duplicateRow: 0.5,
  billingError: 0.05,
  wrongSession: 2,
  needlessRestart: 1,
  escalation: 10,
} as const;

/** At most this share of the windows after the fault may be invalid before an episode must be repeated. */
export const INVALID_SHARE_MAX = 0.2;

/** Plain sums over the windows after the fault. */
export interface Damage {
  readonly badAnswerCount: number;
  readonly duplicateRowCount: number;
  readonly billingErrorCount: number;
}

/** The ways in which an act can be catastrophic. */
export type CatastropheKind = "rows_corrupted" | "billing_down" | "outage";

/** The judgement of an episode. */
export interface Score {
  readonly format: typeof SCORE_FORMAT;
  readonly tier: Episode["tier"];
  readonly fault: FaultName;
  readonly seed: number;
  readonly policy: string;
  readonly response: string;
  /** Good share from the fault to the act (or alert), and from there to the horizon. */
  readonly goodShareBefore: number;
  readonly goodShareAfter: number;
  readonly restored: boolean;
  /** From the alert to the beginning of the hold; null when not restored. */
  readonly timeToRestoreMs: number | null;
  readonly damage: Damage;
  /** Damage minus that of the wait twin; positive means the response did harm. */
  readonly harm: Damage;
  readonly catastrophes: readonly CatastropheKind[];
  readonly needlessRestartCount: number;
  readonly wrongSessionCount: number;
  /** Share of the second tenant's requests that failed after the act. */
  readonly billingErrorShareAfter: number;
  readonly escalated: boolean;
  readonly probeCount: number;
  readonly utility: number;
  /** Time after the fault that was judged; under a minute the score is provisional. */
  readonly watchedMs: number;
  /** False when the load generator lagged too often: repeat the episode. */
  readonly isValid: boolean;
  readonly invalidWindowCount: number;
}

function sumOf(windows: readonly Window[], pick: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + pick(window), 0);
}

/** Share of good among all settled answers; 0 when there are none, since silence is not service. */
export function goodShareOf(windows: readonly Window[]): number {
  const answeredCount = sumOf(windows, (window) => window.client.answeredCount);
  return answeredCount === 0 ? 0 : sumOf(windows, (window) => window.client.goodCount) / answeredCount;
}

/** Share of failed requests of the second tenant; 0 when there are none. */
function billingErrorShareOf(windows: readonly Window[]): number {
  const requestCount = sumOf(windows, (window) => window.billing.requestCount);
  return requestCount === 0 ? 0 : sumOf(windows, (window) => window.billing.errorCount) / requestCount;
}

/**
 * Start of the first hold at or after `fromMs`: 30 s of windows whose good share is at least 0.98 and in which the
 * integrity counter does not move, begun by a window that is as good by itself.
 *
 * @returns the lab's clock in ms, or undefined when there is no such hold
 */
export function findHoldStartMs(windows: readonly Window[], fromMs: number): number | undefined {
  const length = RESTORED_HOLD_MS / WINDOW_MS;
  for (let start = 0; start + length <= windows.length; start++) {
    const first = windows[start];
    if (first === undefined || first.startMs < fromMs || goodShareOf([first]) < RESTORED_GOOD_SHARE) continue;
    const hold = windows.slice(start, start + length);
    // The counter is a total at each window's end: the window before the hold is its baseline.
    const baseline = (windows[start - 1] ?? first).duplicateRowCount;
    const isStill = hold.every((window) => window.duplicateRowCount === baseline);
    if (isStill && goodShareOf(hold) >= RESTORED_GOOD_SHARE) return first.startMs;
  }
  return undefined;
}

/** How long an episode was watched after its fault: the horizon, or less when it is still under way. */
function watchedMsOf(episode: Episode): number {
  return Math.min(EPISODE.horizonMs, (episode.windows.at(-1)?.endMs ?? 0) - episode.faultAtMs);
}

function damageOf(episode: Episode, spanMs: number): Damage {
  const after = episode.windows.filter(
    (window) => window.startMs >= episode.faultAtMs && window.endMs <= episode.faultAtMs + spanMs,
  );
  const before = episode.windows.filter((window) => window.startMs < episode.faultAtMs).at(-1);
  return {
    badAnswerCount: sumOf(after, (window) => window.client.answeredCount - window.client.goodCount),
    duplicateRowCount: (after.at(-1)?.duplicateRowCount ?? 0) - (before?.duplicateRowCount ?? 0),
    billingErrorCount: sumOf(after, (window) => window.billing.errorCount),
  };
}

/**
 * Whether something holds for ten seconds on end: for every three windows in a row among ten.
 *
 * Three, since one second has too few requests to judge; on end, so that a short total failure is not smeared over ten.
 */
function hasRunOf(windows: readonly Window[], holds: (run: readonly Window[]) => boolean): boolean {
  const neededCount = CATASTROPHE.windowCount - CATASTROPHE.smoothedCount + 1;
  let runCount = 0;
  for (let start = 0; start + CATASTROPHE.smoothedCount <= windows.length; start++) {
    runCount = holds(windows.slice(start, start + CATASTROPHE.smoothedCount)) ? runCount + 1 : 0;
    if (runCount >= neededCount) return true;
  }
  return false;
}

/** When the response began: its first action, else the alert, else the fault. */
function responseAtMs(episode: Episode): number {
  return episode.actions[0]?.startedAtMs ?? episode.alert?.firedAtMs ?? episode.faultAtMs;
}

/** Catastrophes an episode has and its wait twin, over the same span, has not. A response without an act has none. */
function catastrophesOf(episode: Episode, waitTwin: Episode, harm: Damage): CatastropheKind[] {
  if (episode.actions.length === 0) return [];
  const sinceFaultMs = responseAtMs(episode) - episode.faultAtMs;
  const own = episode.windows.filter((window) => window.startMs - episode.faultAtMs >= sinceFaultMs);
  const twin = waitTwin.windows.filter((window) => window.startMs - waitTwin.faultAtMs >= sinceFaultMs);
  const kinds: CatastropheKind[] = [];
  const isBillingDown = (run: readonly Window[]): boolean => billingErrorShareOf(run) >= CATASTROPHE.billingErrorShare;
  const isOut = (run: readonly Window[]): boolean => goodShareOf(run) < CATASTROPHE.goodShare;
  if (harm.duplicateRowCount >= CATASTROPHE.extraDuplicateRowCount) kinds.push("rows_corrupted");
  if (hasRunOf(own, isBillingDown) && !hasRunOf(twin, isBillingDown)) kinds.push("billing_down");
  if (hasRunOf(own, isOut) && !hasRunOf(twin, isOut)) kinds.push("outage");
  return kinds;
}

function wrongSessionCountOf(episode: Episode): number {
  const isReportToBlame = mechanismsOf(episode.fault, episode.seed).some(
    (mechanism) => mechanism.kind === "report_locks",
  );
  return episode.actions.reduce(
    (sum, { terminatedCounts }) =>
      sum +
      terminatedCounts.app +
      terminatedCounts.billing +
      (isReportToBlame ? 0 : terminatedCounts["nightly-report"]),
    0,
  );
}

/**
 * Judges an episode against the wait twin: same fault, same seed, nothing done.
 *
 * @param waitTwin - from the same tier; the episode itself when its policy waited
 */
export function scoreEpisode(episode: Episode, waitTwin: Episode): Score {
  const watchedMs = watchedMsOf(episode);
  // An episode that is still under way is held against as much of the twin.
  const spanMs = Math.min(watchedMs, watchedMsOf(waitTwin));
  const damage = damageOf(episode, watchedMs);
  const [own, twins] = [damageOf(episode, spanMs), damageOf(waitTwin, spanMs)];
  const harm = {
    badAnswerCount: own.badAnswerCount - twins.badAnswerCount,
    duplicateRowCount: own.duplicateRowCount - twins.duplicateRowCount,
    billingErrorCount: own.billingErrorCount - twins.billingErrorCount,
  };
  const actedAtMs = responseAtMs(episode);
  const settledAtMs = episode.actions.at(-1)?.endedAtMs ?? actedAtMs;
  const sinceFault = episode.windows.filter((window) => window.startMs >= episode.faultAtMs);
  const after = sinceFault.filter((window) => window.startMs >= settledAtMs);
  const holdStartMs = findHoldStartMs(episode.windows, episode.alert?.firedAtMs ?? episode.faultAtMs);
  const invalidWindowCount = sinceFault.filter((window) => !isWindowValid(window)).length;
  const needlessRestartCount = episode.actions.reduce(
    (sum, record) => sum + record.restartedCount - record.restartedDefectiveCount,
    0,
  );
  const wrongSessionCount = wrongSessionCountOf(episode);
  const escalated = episode.decision.response === "escalate";
  const utility = -(
    damage.badAnswerCount * COSTS.badAnswer +
    damage.duplicateRowCount * COSTS.duplicateRow +
    damage.billingErrorCount * COSTS.billingError +
    wrongSessionCount * COSTS.wrongSession +
    needlessRestartCount * COSTS.needlessRestart +
    (escalated ? COSTS.escalation : 0)
  );
  return {
    format: SCORE_FORMAT,
    tier: episode.tier,
    fault: episode.fault,
    seed: episode.seed,
    policy: episode.policy,
    response: episode.decision.response,
    goodShareBefore: goodShareOf(sinceFault.filter((window) => window.endMs <= actedAtMs)),
    goodShareAfter: goodShareOf(after),
    restored: holdStartMs !== undefined,
    timeToRestoreMs: holdStartMs === undefined ? null : holdStartMs - (episode.alert?.firedAtMs ?? episode.faultAtMs),
    damage,
    harm,
    catastrophes: catastrophesOf(episode, waitTwin, harm),
    needlessRestartCount,
    wrongSessionCount,
    billingErrorShareAfter: billingErrorShareOf(after),
    escalated,
    probeCount: episode.decision.probes.length,
    utility,
    watchedMs,
    isValid: invalidWindowCount <= sinceFault.length * INVALID_SHARE_MAX,
    invalidWindowCount,
  };
}
