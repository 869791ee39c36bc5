/** Sums of money are compared and shown to a billionth of a dollar: what is less comes from adding binary fractions. */
const partsPerUsd = 1e9;

/** An amount for people, without the binary fraction that a sum leaves: `0.45`, not `0.45000000000000007`. */
export function describeUsd(amountUsd: number): string {
  return `${Number(amountUsd.toFixed(9))} USD`;
}

/** Whether a sum is more than a limit. The order in which its parts were added makes no difference. */
export function exceedsUsd(sumUsd: number, limitUsd: number): boolean {
  return Math.round(sumUsd * partsPerUsd) > Math.round(limitUsd * partsPerUsd);
}
