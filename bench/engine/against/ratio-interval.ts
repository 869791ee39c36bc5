/** A median, and the interval that contains the true one with a confidence of at least 95 %. */
export interface RatioInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** With fewer values than this, no interval has that confidence. */
export const sampleCountMin = 6;

/**
 * The median of some ratios with its 95 % interval by the sign test: from the k-th smallest to the k-th largest value,
 * with the greatest k for which the chance that the true median lies outside is at most 5 %. It assumes nothing about
 * the distribution of the ratios (Conover, Practical Nonparametric Statistics, 3rd ed., 3.2).
 *
 * @param ratios - at least `sampleCountMin` of them
 */
export function ratioInterval(ratios: readonly number[]): RatioInterval {
  const sorted = ratios.toSorted((left, right) => left - right);
  const count = sorted.length;
  if (count < sampleCountMin) throw new RangeError(`an interval takes at least ${sampleCountMin} ratios, not ${count}`);
  let outside = 0;
  let rank = 0;
  // P(at most `rank` of `count` fair coins show heads), twice: once for each end.
  for (let probability = 0.5 ** count; ; rank += 1) {
    if (2 * (outside + probability) > 0.05) break;
    outside += probability;
    probability = (probability * (count - rank)) / (rank + 1);
  }
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (count - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    low: at(rank - 1),
    high: at(count - rank),
  };
}
