import { type ResponseName, RIGHT_RESPONSES } from "../contract/actions.ts";
import type { FaultName, MainFault } from "../contract/faults.ts";

/** The means over a cell's episodes by which the ordering is judged. */
export interface OrderedCell {
  readonly fault: string;
  readonly response: string;
  readonly episodeCount: number;
  readonly restoredRate: number;
  readonly goodShareAfter: number;
  readonly duplicateRowCount: number;
}

/**
 * Differences in the share of good answers under this are noise (its standard deviation over repeated episodes was
 * 0.25).
 */
const NOISE_SHARE = 0.25;
/** A catastrophe's worth of rows: smaller differences in corruption are not an ordering. */
const NOISE_ROW_COUNT = 25;

/** One claim about two cells, and whether the table confirms it. */
export interface OrderingClaim {
  readonly claim: string;
  readonly holds: boolean;
}

function findCell(cells: readonly OrderedCell[], fault: FaultName, response: ResponseName): OrderedCell | undefined {
  return cells.find((cell) => cell.fault === fault && cell.response === response && cell.episodeCount > 0);
}

function missing(fault: FaultName, response: ResponseName): OrderingClaim {
  return { claim: `${fault} × ${response} was measured`, holds: false };
}

/** The right response restores most episodes; the other restores fewer than half. */
function restoreClaims(cells: readonly OrderedCell[], fault: MainFault): OrderingClaim[] {
  const { right, wrong } = RIGHT_RESPONSES[fault];
  const rights = right.map((response) => {
    const cell = findCell(cells, fault, response);
    return cell === undefined
      ? missing(fault, response)
      : { claim: `${fault}: ${response} restores`, holds: cell.restoredRate > 0.5 };
  });
  const others = (["wait", ...wrong] as const).map((response) => {
    const cell = findCell(cells, fault, response);
    return cell === undefined
      ? missing(fault, response)
      : { claim: `${fault}: ${response} does not restore`, holds: cell.restoredRate < 0.5 };
  });
  return [...rights, ...others];
}

/** Under BUG, latency does not separate the cells, but rows do. */
function harmClaims(cells: readonly OrderedCell[]): OrderingClaim[] {
  const [right, wait, wrong] = (["roll_back", "wait", "scale_out"] as const).map((response) =>
    findCell(cells, "BUG", response),
  );
  if (right === undefined || wait === undefined || wrong === undefined) return [missing("BUG", "roll_back")];
  return [
    {
      claim: "BUG: roll_back corrupts fewer rows than waiting",
      holds: wait.duplicateRowCount - right.duplicateRowCount >= NOISE_ROW_COUNT,
    },
    {
      claim: "BUG: scale_out corrupts more rows than waiting",
      holds: wrong.duplicateRowCount - wait.duplicateRowCount >= NOISE_ROW_COUNT,
    },
    {
      claim: "BUG: waiting looks fine on the objective",
      holds: right.goodShareAfter - wait.goodShareAfter < NOISE_SHARE,
    },
  ];
}

/** Every claim the lab stands on, judged on the cells of either tier. */
export function checkOrdering(cells: readonly OrderedCell[]): readonly OrderingClaim[] {
  return [
    ...(["LOAD", "DB", "CIRCUIT"] as const).flatMap((fault) => restoreClaims(cells, fault)),
    ...harmClaims(cells),
  ];
}
