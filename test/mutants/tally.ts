// Counts where the gate and the interpreter of harm agree, and keeps an example of each way in which they do not.
import type { Verdict } from "../interpreter/judge.ts";
import type { GateAnswer } from "./gate.ts";

/** How many plans ended how. `nothing_to_do`: the goal holds already, so that there is no plan to carry out. */
export interface Counts {
  mutants: number;
  harmful: number;
  harmfulRefused: number;
  harmfulAccepted: number;
  harmfulNothingToDo: number;
  harmless: number;
  harmlessAccepted: number;
  harmlessNothingToDo: number;
  harmlessRefused: number;
  /** What the language gives no meaning: neither harmful nor harmless, and to be refused. */
  meaningless: number;
  meaninglessAccepted: number;
  /** What has too many moments for the interpreter. */
  undecided: number;
}

/** One way in which they disagree, with the first example. */
export interface Disagreement {
  readonly kind: "harmful_accepted" | "harmless_refused" | "meaningless_accepted";
  /** The kind of harm, or the codes of the gate. */
  readonly what: string;
  readonly operator: string;
  readonly count: number;
  readonly example: { readonly plan: string; readonly why: string; readonly proposal: unknown };
}

/** One plan, as both judged it. */
export interface Judged {
  readonly plan: string;
  readonly operator: string;
  readonly proposal: unknown;
  readonly verdict: Verdict;
  readonly answer: GateAnswer;
}

/** Counts plans, all together and by what was changed in them. */
export class Tally {
  readonly all = noCounts();
  readonly byOperator = new Map<string, Counts>();
  readonly harms = new Map<string, number>();
  readonly #disagreements = new Map<string, Disagreement>();

  /** Counts one plan. */
  add(judged: Judged): void {
    const counts = this.byOperator.get(judged.operator) ?? noCounts();
    this.byOperator.set(judged.operator, counts);
    const { verdict, answer } = judged;
    for (const each of [this.all, counts]) addTo(each, judged);
    if (verdict.kind === "harmful") this.harms.set(verdict.harm, (this.harms.get(verdict.harm) ?? 0) + 1);
    if (verdict.kind === "harmful" && answer.kind === "planned")
      this.#disagree(judged, { kind: "harmful_accepted", what: verdict.harm, why: `${verdict.step}: ${verdict.why}` });
    if (verdict.kind === "harmless" && answer.kind === "refused")
      this.#disagree(judged, { kind: "harmless_refused", what: answer.codes.join(" "), why: answer.message });
    if (verdict.kind === "meaningless" && answer.kind === "planned")
      this.#disagree(judged, { kind: "meaningless_accepted", what: "", why: verdict.why });
  }

  /** The ways in which they disagree, the most frequent first. */
  disagreements(): readonly Disagreement[] {
    return [...this.#disagreements.values()].sort((left, right) => right.count - left.count);
  }

  #disagree(
    { plan, operator, proposal }: Judged,
    { why, ...how }: Pick<Disagreement, "kind" | "what"> & { readonly why: string },
  ): void {
    const key = `${how.kind} ${how.what} ${operator}`;
    const found = this.#disagreements.get(key) ?? { ...how, operator, count: 0, example: { plan, why, proposal } };
    this.#disagreements.set(key, { ...found, count: found.count + 1 });
  }
}

function noCounts(): Counts {
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
  };
}

function addTo(counts: Counts, { verdict, answer }: Judged): void {
  counts.mutants += 1;
  counts[verdict.kind] += 1;
  if (verdict.kind === "harmful") {
    if (answer.kind === "refused") counts.harmfulRefused += 1;
    else if (answer.kind === "planned") counts.harmfulAccepted += 1;
    else counts.harmfulNothingToDo += 1;
  }
  if (verdict.kind === "harmless") {
    if (answer.kind === "refused") counts.harmlessRefused += 1;
    else if (answer.kind === "planned") counts.harmlessAccepted += 1;
    else counts.harmlessNothingToDo += 1;
  }
  if (verdict.kind === "meaningless" && answer.kind === "planned") counts.meaninglessAccepted += 1;
}
