/** The wait before the second attempt, and the longest wait between two attempts. */
const [firstMs, longestMs] = [1_000, 300_000] as const;

/**
 * How long to wait after this many attempts in vain: doubled each time up to five minutes, of which half is chance, so
 * that many senders do not come back at one moment (exponential back-off with equal jitter; M. Brooker, AWS 2015).
 *
 * @param random - from 0 up to 1
 */
export function backOffMs(attemptCount: number, random: () => number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(attemptCount - 1, 30));
  return wholeMs / 2 + (random() * wholeMs) / 2;
}

/** Whether a failure is recorded: the first, second, fourth, eighth … of a telling. */
export function isRecordedFailure(attemptCount: number): boolean {
  return Number.isInteger(Math.log2(attemptCount));
}
