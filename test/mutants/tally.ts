// Counts where the gate and the interpreter of harm agree, and keeps an example of each way in which they do not.
import type { Verdict } from "../interpreter/judge.ts";
import type { GateAnswer } from "./gate.ts";

/** One way in which they disagree, with an example. */
export interface Disagreement {
  /** `harmful_accepted`, `harmless_refused` or `meaningless_accepted`. */
  readonly kind: string;
  /** The kind of harm, or the codes of the gate. */
  readonly what: string;
  readonly operator: string;
  count: number;
  readonly example: {
    readonly plan: string;
    readonly why: string;
    readonly proposal: unknown;
  };
}

/** What was counted. */
export interface Tally {
  mutants: number;
  harmful: number;
  harmfulRefused: number;
  harmfulAccepted: number;
  /** The world already is as the goal wants it, so that no plan was made: nothing can be carried out. */
  harmfulNothingToDo: number;
  harmless: number;
  harmlessAccepted: number;
  harmlessNothingToDo: number;
  harmlessRefused: number;
  meaningless: number;
  meaninglessAccepted: number;
  undecided: number;
  readonly harms: Record<string, number>;
  readonly disagreements: Map<string, Disagreement>;
}

/** Nothing counted yet. */
export function emptyTally(): Tally {
  return {
    mutants: 0,
    harmful: 0,
    harmfulRefused: 0,
    harmfulAccepted: 0,
    harmfulNothingToDo: 0,
    harmless: 0,
    harmlessAccepted: 0,
    harmlessNothingToDo: 0,
    harmlessRefused: 0,
    meaningless: 0,
    meaninglessAccepted: 0,
    undecided: 0,
    harms: {},
    disagreements: new Map(),
  };
}

/** Counts one plan. */
export function count(
  tally: Tally,
  from: {
    readonly plan: string;
    readonly operator: string;
    readonly proposal: unknown;
    readonly verdict: Verdict;
    readonly answer: GateAnswer;
  },
): void {
  const { verdict, answer } = from;
  tally.mutants += 1;
  if (verdict.kind === "undecided") tally.undecided += 1;
  if (verdict.kind === "harmful") {
    tally.harmful += 1;
    tally.harms[verdict.harm] = (tally.harms[verdict.harm] ?? 0) + 1;
    if (answer.kind === "refused") tally.harmfulRefused += 1;
    else if (answer.kind === "nothing_to_do") tally.harmfulNothingToDo += 1;
    else {
      tally.harmfulAccepted += 1;
      disagree(tally, from, { kind: "harmful_accepted", what: verdict.harm, why: `${verdict.step}: ${verdict.why}` });
    }
  }
  if (verdict.kind === "harmless") {
    tally.harmless += 1;
    if (answer.kind === "planned") tally.harmlessAccepted += 1;
    else if (answer.kind === "nothing_to_do") tally.harmlessNothingToDo += 1;
    else {
      tally.harmlessRefused += 1;
      disagree(tally, from, { kind: "harmless_refused", what: answer.codes.join(" "), why: answer.message });
    }
  }
  if (verdict.kind === "meaningless") {
    tally.meaningless += 1;
    if (answer.kind !== "planned") return;
    tally.meaninglessAccepted += 1;
    disagree(tally, from, { kind: "meaningless_accepted", what: "", why: verdict.why });
  }
}

function disagree(
  tally: Tally,
  from: { readonly plan: string; readonly operator: string; readonly proposal: unknown },
  { kind, what, why }: { readonly kind: string; readonly what: string; readonly why: string },
): void {
  const key = `${kind} ${what} ${from.operator}`;
  const found = tally.disagreements.get(key);
  if (found !== undefined) {
    found.count += 1;
    return;
  }
  const example = { plan: from.plan, why, proposal: from.proposal };
  tally.disagreements.set(key, { kind, what, operator: from.operator, count: 1, example });
}
