/**
 * Whether two tables, one of each tier, order the cells alike. Orderings and not values: on a busy machine milliseconds
 * move, and what a policy is judged by is which response is better. A difference within the tolerance counts as a tie.
 */
import type { Cell, Table } from "./table.ts";

/**
 * What cells are ordered by, and how large a difference is more than noise: 0.25 of the good share on the prototype.
 */
const MEASURES = {
  restoredRate: { tolerance: 0.5, read: (cell: Cell) => cell.restoredRate },
  goodShareAfter: { tolerance: 0.25, read: (cell: Cell) => cell.goodShareAfter },
  duplicateRowCount: { tolerance: 25, read: (cell: Cell) => cell.duplicateRowCount },
  billingErrorShareAfter: { tolerance: 0.2, read: (cell: Cell) => cell.billingErrorShareAfter },
} as const satisfies Record<string, { readonly tolerance: number; readonly read: (cell: Cell) => number }>;
/** Name of a measure. */
export type MeasureName = keyof typeof MEASURES;

/** Two cells that the tables order in opposite ways; `greater` and `smaller` as the left one has it. */
export interface Disagreement {
  readonly measure: MeasureName;
  readonly greater: string;
  readonly smaller: string;
  /** Values of the two cells in the left table, then in the right. */
  readonly left: readonly [number, number];
  readonly right: readonly [number, number];
}

/** Pairs of cells by how the two tables order them, one row a measure. */
export interface MeasureAgreement {
  readonly measure: MeasureName;
  /** Told apart by both, the same way. */
  readonly concordantCount: number;
  readonly discordantCount: number;
  /** Told apart by one only. */
  readonly halfTiedCount: number;
  readonly tiedCount: number;
}

/** How two tables compare over the cells both have. */
export interface Comparison {
  readonly cellCount: number;
  readonly measures: readonly MeasureAgreement[];
  readonly disagreements: readonly Disagreement[];
}

/** Compares every pair of cells, over all faults and responses, by every measure. Cost: O(cells² × measures). */
export function compareTables(left: Table, right: Table): Comparison {
  const pairs = left.cells.flatMap((cell) => {
    const twin = right.cells.find((other) => other.fault === cell.fault && other.response === cell.response);
    return twin === undefined ? [] : [{ left: cell, right: twin }];
  });
  const disagreements: Disagreement[] = [];
  // Object.keys loses the key type; MEASURES has exactly these keys.
  const measures = (Object.keys(MEASURES) as MeasureName[]).map((measure) =>
    compareMeasure(measure, pairs, disagreements),
  );
  return { cellCount: pairs.length, measures, disagreements };
}

interface CellPair {
  readonly left: Cell;
  readonly right: Cell;
}

function compareMeasure(
  measure: MeasureName,
  pairs: readonly CellPair[],
  disagreements: Disagreement[],
): MeasureAgreement {
  const counts = { concordantCount: 0, discordantCount: 0, halfTiedCount: 0, tiedCount: 0 };
  for (const [index, first] of pairs.entries()) {
    for (const second of pairs.slice(index + 1)) {
      const leftOrder = orderOf(measure, first.left, second.left);
      const rightOrder = orderOf(measure, first.right, second.right);
      if (leftOrder === 0 && rightOrder === 0) counts.tiedCount++;
      else if (leftOrder === 0 || rightOrder === 0) counts.halfTiedCount++;
      else if (leftOrder === rightOrder) counts.concordantCount++;
      else {
        counts.discordantCount++;
        disagreements.push(describe(measure, first, second));
      }
    }
  }
  return { measure, ...counts };
}

/** 1 when the first cell's value is clearly greater, −1 when clearly smaller, 0 within the tolerance. */
function orderOf(measure: MeasureName, first: Cell, second: Cell): -1 | 0 | 1 {
  const { tolerance, read } = MEASURES[measure];
  const gap = read(first) - read(second);
  if (Math.abs(gap) < tolerance) return 0;
  return gap > 0 ? 1 : -1;
}

function describe(measure: MeasureName, first: CellPair, second: CellPair): Disagreement {
  const { read } = MEASURES[measure];
  const isFirstGreater = read(first.left) > read(second.left);
  const [greater, smaller] = isFirstGreater ? [first, second] : [second, first];
  return {
    measure,
    greater: nameOf(greater.left),
    smaller: nameOf(smaller.left),
    left: [read(greater.left), read(smaller.left)],
    right: [read(greater.right), read(smaller.right)],
  };
}

function nameOf(cell: Cell): string {
  return `${cell.fault} × ${cell.response}`;
}
