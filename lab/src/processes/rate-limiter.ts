/** A token bucket as plain data; `perSecond` 0 means no limit. The bucket holds at most half a second's worth. */
export interface RateLimiter {
  readonly perSecond: number;
  readonly tokenCount: number;
  readonly refilledAtMs: number;
}

function burstOf(perSecond: number): number {
  return Math.max(1, perSecond / 2);
}

/** A limiter with a full bucket. */
export function createRateLimiter(perSecond: number, nowMs: number): RateLimiter {
  return { perSecond, tokenCount: burstOf(perSecond), refilledAtMs: nowMs };
}

/** Asks for one token at `nowMs`; the bucket after asking, and the answer. */
export function takeToken(
  limiter: RateLimiter,
  nowMs: number,
): { readonly limiter: RateLimiter; readonly isTaken: boolean } {
  if (limiter.perSecond === 0) return { limiter, isTaken: true };
  const elapsedMs = Math.max(0, nowMs - limiter.refilledAtMs);
  const tokenCount = Math.min(burstOf(limiter.perSecond), limiter.tokenCount + (elapsedMs / 1_000) * limiter.perSecond);
  const isTaken = tokenCount >= 1;
  return { limiter: { ...limiter, tokenCount: isTaken ? tokenCount - 1 : tokenCount, refilledAtMs: nowMs }, isTaken };
}
