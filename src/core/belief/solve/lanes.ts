/**
 * One thing that a sweep looks for at every belief. Several are looked for side by side, because most of the work is
 * the same for all of them.
 */
export interface Lane {
  readonly goal:
    | { readonly kind: "priced"; readonly riskPrice: number }
    | { readonly kind: "least_risk" }
    /** The least risk of all policies that may come to act; the figures are `risk` as above and, as `value`, that. */
    | { readonly kind: "acting" }
    /** The step whose answer is worth most if a response had to follow at once. The figure is that of responding. */
    | { readonly kind: "myopic" };
  /** Which risk is meant: what the limits count, or all of it. */
  readonly risks: "counted" | "total";
  /** The most probability of catastrophe that one move may have, given everything seen by then; from 1 on: any. */
  readonly cap: number;
  /** The index of a step that is never taken, or -1. */
  readonly without: number;
  /**
   * Whether the last layer is worth as much as if the context were then known and no limit held. What the root scores
   * is then a bound, and not the score of a policy.
   */
  readonly isRelaxed: boolean;
}

/** The lane of greatest utility, without a cap. */
export const freeLane: Lane = {
  goal: { kind: "priced", riskPrice: 0 },
  risks: "counted",
  cap: 1,
  without: -1,
  isRelaxed: false,
};

/** One way to begin, and the figures of the best policy of the lane that begins so. */
export interface RootMove {
  /** The index of a step, or `-1 - r` for response r. */
  readonly move: number;
  readonly rank: number;
  readonly value: number;
  readonly risk: number;
  readonly steps: number;
  /** Whether the evidence and the cap allow it. */
  readonly isOpen: boolean;
}

/** What a sweep found in one lane. */
export interface Swept {
  readonly lane: Lane;
  /** Every way to begin, open or not, responses first. */
  readonly root: readonly RootMove[];
  /** The best open way to begin; `null` where none is open. */
  readonly best: RootMove | null;
  /** The best move at every belief. It means nothing where the evidence is a surprise, or no context is left. */
  readonly move: Int8Array;
  /** What a lane that acts found at the root; Infinity where no policy may act. */
  readonly acting: number;
}

/** How far the weighing of beliefs is. */
export interface SweepProgress {
  /** Counts the sweeps over all beliefs, from 1. How many there will be is not known beforehand. */
  readonly sweep: number;
  readonly doneCount: number;
  readonly totalCount: number;
}

/** Is told now and then how far the weighing is. */
export type Progress = (progress: SweepProgress) => void;

/** One lane while it is swept: the figures of two neighbouring layers. Places count from the start of each layer. */
export interface LaneRun {
  readonly lane: Lane;
  readonly move: Int8Array;
  here: Figures;
  below: Figures;
  readonly foresight: Float64Array | null;
  root: readonly RootMove[];
  best: RootMove | null;
  acting: number;
}

/** The figures of one layer, weighted by the probability of each belief. */
export interface Figures {
  readonly value: Float64Array;
  readonly risk: Float64Array;
  readonly steps: Float64Array;
}
