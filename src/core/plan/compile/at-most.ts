import { type Formula, joinLogic, referTo } from "../../guard/formula.ts";

/**
 * A formula that holds iff at most `failedMax` of the steps have failed; `undefined` where that is always so.
 *
 * Halves the steps and shares the failures out between the halves, so that it grows as n·log(n)^k and not as the number of ways to
 * choose k of n (n·log n is needed even for one failure: Hansel 1964). In what is left of it once some outcomes are known, only how many
 * failed counts: a walk over outcomes has few states.
 *
 * Cost: `atMostSize` says it beforehand.
 */
export function atMostFailed(ids: readonly string[], failedMax: number): Formula | undefined {
  if (failedMax >= ids.length) return undefined;
  if (failedMax === 0) return joinLogic<Formula>("&&", ids.map(hasNotFailed), 0);
  const [left, right] = halves(ids);
  const ways = shares({ left: left.length, right: right.length, failedMax }).map((share) => {
    const parts = [atMostFailed(left, share), atMostFailed(right, failedMax - share)];
    return joinLogic<Formula>(
      "&&",
      parts.filter((part) => part !== undefined),
      0,
    );
  });
  return joinLogic<Formula>("||", ways, 0);
}

/** How many comparisons `atMostFailed` makes of so many steps: counted without making them, for it may be too many. */
export function atMostSize(count: number, failedMax: number, known: Map<string, number> = new Map()): number {
  if (failedMax >= count) return 0;
  if (failedMax === 0) return count;
  const key = `${count} ${failedMax}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const left = count >>> 1;
  const size = shares({ left, right: count - left, failedMax }).reduce(
    (sum, share) => sum + atMostSize(left, share, known) + atMostSize(count - left, failedMax - share, known),
    0,
  );
  known.set(key, size);
  return size;
}

function halves(ids: readonly string[]): readonly [readonly string[], readonly string[]] {
  const middle = ids.length >>> 1;
  return [ids.slice(0, middle), ids.slice(middle)];
}

/** How many failures the left half may have; a share that gives a half more than it has steps says nothing new. */
function shares({
  left,
  right,
  failedMax,
}: {
  readonly left: number;
  readonly right: number;
  readonly failedMax: number;
}): readonly number[] {
  const first = Math.max(0, failedMax - right);
  const last = Math.min(failedMax, left);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function hasNotFailed(id: string): Formula {
  return {
    kind: "comparison",
    operator: "!=",
    left: referTo([id], 0),
    right: { kind: "constant", value: "failed", column: 0 },
    column: 0,
  };
}
