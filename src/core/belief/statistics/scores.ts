import { invariant } from "../../value/invariant.ts";

/** One forecast beside what happened: a probability for each possibility, and which possibility it was. */
export interface JudgedForecast {
  readonly probabilities: readonly number[];
  readonly actualIndex: number;
}

/**
 * The mean squared distance between a forecast and what happened, over all possibilities (Brier 1950).
 *
 * @param forecasts - at least one
 * @returns 0 when every forecast was certain and right, 2 when every forecast was certain and wrong
 */
export function brierScore(forecasts: readonly JudgedForecast[]): number {
  return mean(forecasts, ({ probabilities, actualIndex }) =>
    probabilities.reduce((sum, probability, index) => sum + (probability - (index === actualIndex ? 1 : 0)) ** 2, 0),
  );
}

/**
 * The mean of −ln of the probability given to what happened (Good 1952), in nats. 0 is perfect, and lower is better.
 *
 * @param forecasts - at least one
 * @returns `Infinity` when something happened that was declared impossible
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

/** One row of a reliability table: how many of the claims of about one probability came true. */
export interface ReliabilityRow {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly trueCount: number;
  /** The mean of the probabilities claimed in this bin; 0 when it is empty. */
  readonly claimed: number;
  /** The share of claims that came true; 0 when the bin is empty. */
  readonly observed: number;
}

/**
 * Claimed probability beside observed frequency, in bins of equal width (Murphy and Winkler 1977).
 *
 * Every pair of a forecast and a possibility is one claim. A bin near 0 shows how often something happened that was
 * called unlikely.
 *
 * @param binCount - the number of bins, at least 1; the last one includes 1
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
 * The expected calibration error: the mean gap between claimed and observed, weighted by the number of claims in each
 * bin.
 *
 * @returns in [0, 1]; 0 when the claims of every bin came true as often as claimed
 */
export function calibrationError(table: readonly ReliabilityRow[]): number {
  const count = table.reduce((sum, row) => sum + row.count, 0);
  invariant(count > 0, "a reliability table holds at least one claim");
  return table.reduce((sum, row) => sum + row.count * Math.abs(row.claimed - row.observed), 0) / count;
}
