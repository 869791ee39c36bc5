import { EPISODE, WINDOW_MS } from "../contract/constants.ts";

import type { Score } from "../contract/score.ts";

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

/** A score as a small table for a person. */
export function renderScore(score: Score, waitTier: string): string {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const rows: readonly (readonly [string, string])[] = [
    ["fault", `${score.fault}, seed ${score.seed}`],
    ["response", `${score.response} by ${score.policy}`],
    ["restored", score.restored ? `yes, ${((score.timeToRestoreMs ?? 0) / 1_000).toFixed(1)} s after the alert` : "no"],
    ["good answers", `${percent(score.goodShareBefore)} before, ${percent(score.goodShareAfter)} after`],
    ["bad answers", `${score.damage.badAnswerCount} (${signed(score.harm.badAnswerCount)} against waiting)`],
    ["corrupted rows", `${score.damage.duplicateRowCount} (${signed(score.harm.duplicateRowCount)} against waiting)`],
    [
      "billing errors",
      `${score.damage.billingErrorCount} (${signed(score.harm.billingErrorCount)} against waiting), ` +
        `${percent(score.billingErrorShareAfter)} after the act`,
    ],
    ["catastrophe", score.catastrophes.length === 0 ? "none" : score.catastrophes.join(", ")],
    ["needless restarts", String(score.needlessRestartCount)],
    ["wrong sessions", String(score.wrongSessionCount)],
    ["utility", score.utility.toFixed(1)],
    [
      "valid",
      score.isValid
        ? `yes, ${score.invalidWindowCount} windows in which the generator lagged`
        : `no: the generator lagged in ${score.invalidWindowCount} windows`,
    ],
    [
      "watched",
      `${(score.watchedMs / 1_000).toFixed(0)} of ${EPISODE.horizonMs / 1_000} s after the fault` +
        (score.watchedMs < EPISODE.horizonMs - WINDOW_MS ? ": provisional" : ""),
    ],
    ["wait twin", waitTier === "twin" ? "simulated" : "real processes"],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join("\n");
}
