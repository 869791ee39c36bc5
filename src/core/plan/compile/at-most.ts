import { type Formula, joinLogic } from "../../guard/formula.ts";
import { compareOutcome } from "./outcome-condition.ts";

/**
 * A formula that holds exactly when at most `failedMax` of the steps have failed; `undefined` where that is always so.
 *
 * It halves the steps and shares the failures out between the halves. So it grows as n·log(n)^k, and not as the number
 * of ways to choose k of n; even for one failure n·log n is needed (Hansel 1964). Once some outcomes are known, what is
 * left depends only on how many failed, so that a walk over outcomes has few states.
 *
 * Cost: as many comparisons as `atMostSize` says.
 */
export function atMostFailed(ids: readonly string[], failedMax: number): Formula | undefined {
  if (failedMax >= ids.length) return undefined;
  const joined = (operator: "&&" | "||", parts: readonly Formula[]): Formula => joinLogic<Formula>(operator, parts, 0);
  if (failedMax === 0)
    return joined(
      "&&",
      ids.map((id) => compareOutcome(id, "!=", "failed")),
    );
  const middle = ids.length >>> 1;
  const [left, right] = [ids.slice(0, middle), ids.slice(middle)];
  const ways = shares({ left: left.length, right: right.length, failedMax }).map((share) => {
    const parts = [atMostFailed(left, share), atMostFailed(right, failedMax - share)];
    return joined(
      "&&",
      parts.filter((part) => part !== undefined),
    );
  });
  return joined("||", ways);
}

/**
 * How many comparisons `atMostFailed` makes for this many steps. Counted without making them, since there may be too
 * many.
 */
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

/**
 * How many failures the left half may have. A share that gives a half more failures than it has steps says nothing new.
 */
function shares(from: {
  readonly left: number;
  readonly right: number;
  readonly failedMax: number;
}): readonly number[] {
  const first = Math.max(0, from.failedMax - from.right);
  const last = Math.min(from.failedMax, from.left);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
