/** What a policy is worth over many incidents: one row a policy. Pure; its episodes may come from either tier. */
import { RIGHT_RESPONSES } from "../contract/actions.ts";
import type { PolicyDecision } from "../contract/episode.ts";
import { type FaultName, MAIN_FAULTS } from "../contract/faults.ts";
import type { Score } from "../contract/score.ts";

/**
 * An episode a policy played, judged: the score and the belief it decided by. Without the windows, thousands fit in
 * memory.
 */
export interface Played {
  readonly score: Score;
  readonly belief: PolicyDecision["belief"];
}

/** Means over the incidents of one policy. */
export interface PolicyRow {
  readonly policy: string;
  readonly incidentCount: number;
  readonly restoredRate: number;
  /** Mean over those restored; null when none was. */
  readonly timeToRestoreMs: number | null;
  readonly utility: number;
  readonly catastropheRate: number;
  readonly duplicateRowCount: number;
  /** Beyond what doing nothing had cost, same seed. */
  readonly badAnswerHarm: number;
  readonly duplicateRowHarm: number;
  readonly billingErrorHarm: number;
  readonly needlessRestartCount: number;
  readonly wrongSessionCount: number;
  readonly escalationRate: number;
  /** Share of its escalations that were right; null when it never escalated. */
  readonly escalationPrecision: number | null;
  readonly rightResponseRate: number;
  readonly probeCount: number;
  /** Mean Brier score over the named contexts, 0 is best and 2 worst; null when it keeps no belief. */
  readonly brierScore: number | null;
}

/** Sums up the episodes of one policy. */
export function summarisePolicy(policy: string, played: readonly Played[]): PolicyRow {
  const mean = (pick: (one: Played) => number): number =>
    played.length === 0 ? 0 : played.reduce((sum, one) => sum + pick(one), 0) / played.length;
  const rate = (holds: (one: Played) => boolean): number => mean((one) => Number(holds(one)));
  return {
    policy,
    incidentCount: played.length,
    restoredRate: rate(({ score }) => score.restored),
    timeToRestoreMs: meanOrNull(played.flatMap(({ score }) => score.timeToRestoreMs ?? [])),
    utility: mean(({ score }) => score.utility),
    catastropheRate: rate(({ score }) => score.catastrophes.length > 0),
    duplicateRowCount: mean(({ score }) => score.damage.duplicateRowCount),
    badAnswerHarm: mean(({ score }) => score.harm.badAnswerCount),
    duplicateRowHarm: mean(({ score }) => score.harm.duplicateRowCount),
    billingErrorHarm: mean(({ score }) => score.harm.billingErrorCount),
    needlessRestartCount: mean(({ score }) => score.needlessRestartCount),
    wrongSessionCount: mean(({ score }) => score.wrongSessionCount),
    escalationRate: rate(({ score }) => score.escalated),
    escalationPrecision: meanOrNull(played.filter(({ score }) => score.escalated).map((one) => Number(isRight(one)))),
    rightResponseRate: rate(isRight),
    probeCount: mean(({ score }) => score.probeCount),
    brierScore: meanOrNull(played.flatMap(({ belief, score }) => brierScoreOf(belief, score.fault) ?? [])),
  };
}

/** Brier score of a belief over the named contexts; undefined without a belief, or when the truth has no name in it. */
export function brierScoreOf(belief: Readonly<Record<string, number>>, truth: FaultName): number | undefined {
  if (belief[truth] === undefined) return undefined;
  return MAIN_FAULTS.reduce((sum, context) => sum + ((belief[context] ?? 0) - Number(context === truth)) ** 2, 0);
}

/** The rows as Markdown. */
export function renderPolicies(rows: readonly PolicyRow[]): string {
  const header =
    "| policy | restored | s to restore | utility | catastrophe | rows corrupted | against waiting " +
    "| needless restarts | wrong sessions | escalated | right | probes | Brier |";
  const lines = rows.map(
    (row) =>
      `| ${[
        row.policy,
        row.restoredRate.toFixed(3),
        orDash(row.timeToRestoreMs === null ? null : row.timeToRestoreMs / 1_000, 1),
        row.utility.toFixed(1),
        row.catastropheRate.toFixed(3),
        row.duplicateRowCount.toFixed(1),
        row.duplicateRowHarm.toFixed(1),
        row.needlessRestartCount.toFixed(2),
        row.wrongSessionCount.toFixed(2),
        row.escalationRate.toFixed(2),
        row.rightResponseRate.toFixed(2),
        row.probeCount.toFixed(1),
        orDash(row.brierScore, 3),
      ].join(" | ")} |`,
  );
  return [header, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|", ...lines].join("\n");
}

function isRight({ score }: Played): boolean {
  return RIGHT_RESPONSES[score.fault].right.some((response) => response === score.response);
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function orDash(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}
