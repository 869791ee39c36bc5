import { invariant } from "../../value/invariant.ts";

/** One forecast that came to be judged: a probability for each possibility, and which of them it was. */
export interface JudgedForecast {
  readonly probabilities: readonly number[];
  readonly actualIndex: number;
}

/**
 * Mean squared distance between forecast and what happened, over all possibilities (Brier 1950).
 *
 * @returns 0 for a forecast always certain and right, 2 for one always certain and wrong; `NaN` is never returned: at
 *   least one forecast is needed
 */
export function brierScore(forecasts: readonly JudgedForecast[]): number {
  return mean(forecasts, ({ probabilities, actualIndex }) =>
    probabilities.reduce((sum, probability, index) => sum + (probability - (index === actualIndex ? 1 : 0)) ** 2, 0),
  );
}

/**
 * Mean of −ln of the probability given to what happened (Good 1952): 0 is perfect, lower is better, in nats.
 *
 * @returns `Infinity` when something declared impossible happened, which is the score's whole point
 */
export function logScore(forecasts: readonly JudgedForecast[]): number {
  return mean(forecasts, ({ probabilities, actualIndex }) => {
    const probability = probabilities[actualIndex] ?? 0;
    return probability > 0 ? -Math.log(probability) : Infinity;
  });
}

function mean(forecasts: readonly JudgedForecast[], score: (forecast: JudgedForecast) => number): number {
  invariant(forecasts.length > 0, "a score needs at least one forecast");
  return forecasts.reduce((sum, forecast) => sum + score(forecast), 0) / forecasts.length;
}

/** One row of a reliability table: of the claims made with about this probability, how many came true. */
export interface ReliabilityRow {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly trueCount: number;
  /** Mean of the probabilities claimed in this bin; 0 when it is empty. */
  readonly claimed: number;
  /** Share that came true; 0 when it is empty. */
  readonly observed: number;
}

/**
 * Claimed probability beside observed frequency, in bins of equal width (Murphy and Winkler 1977).
 *
 * Every (forecast, possibility) pair is one claim, so a bin near 0 shows how often what was called unlikely happened.
 *
 * @param binCount - number of bins, at least 1; the last one includes 1
 */
export function reliabilityTable(forecasts: readonly JudgedForecast[], binCount: number): readonly ReliabilityRow[] {
  invariant(Number.isInteger(binCount) && binCount >= 1, "there is at least one bin");
  const bins = Array.from({ length: binCount }, () => ({ count: 0, trueCount: 0, claimedSum: 0 }));
  for (const { probabilities, actualIndex } of forecasts) {
    probabilities.forEach((probability, index) => {
      const bin = bins[Math.min(binCount - 1, Math.floor(probability * binCount))];
      invariant(bin !== undefined, "a probability lies in [0, 1]");
      bin.count += 1;
      bin.claimedSum += probability;
      if (index === actualIndex) bin.trueCount += 1;
    });
  }
  return bins.map((bin, index) => ({
    low: index / binCount,
    high: (index + 1) / binCount,
    count: bin.count,
    trueCount: bin.trueCount,
    claimed: bin.count === 0 ? 0 : bin.claimedSum / bin.count,
    observed: bin.count === 0 ? 0 : bin.trueCount / bin.count,
  }));
}

/**
 * Expected calibration error: the gap between claimed and observed, weighted by how many claims each bin holds.
 *
 * @returns in [0, 1]; 0 when every bin came true as often as claimed
 */
export function calibrationError(table: readonly ReliabilityRow[]): number {
  const count = table.reduce((sum, row) => sum + row.count, 0);
  invariant(count > 0, "a reliability table holds at least one claim");
  return table.reduce((sum, row) => sum + row.count * Math.abs(row.claimed - row.observed), 0) / count;
}
