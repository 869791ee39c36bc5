import { compare, type Fraction, fraction, minus, one, plus, sum, times, toNumber, zero } from "./rational.fixture.ts";

/*
 * The second reading of a situation's rules, in exact fractions. It unfolds every history anew and keeps at each the
 * whole front of (value, counted risk). No shared beliefs, no counts of outcomes, no bounds, no price on risk, and no
 * tolerance: nothing in common with the solvers but the meaning of the words.
 */

/** A situation with every number written out: probabilities in `parts`-ths, amounts in whole numbers. */
export interface RuleModel {
  readonly parts: number;
  /** By context. The last is `unknown`. */
  readonly prior: readonly number[];
  readonly catastropheUtility: number;
  readonly horizon: number;
  /** Limits and thresholds are in `fineParts`-ths. */
  readonly fineParts: number;
  readonly limit: number;
  readonly limitGivenEvidence: number;
  readonly surprise: number;
  readonly conflict: number;
  readonly unknownMax: number;
  readonly steps: readonly RuleStep[];
  readonly responses: readonly {
    readonly id: string;
    readonly kind: "act" | "escalate";
    readonly utility: readonly number[];
    readonly catastrophe: readonly number[];
    readonly needs: readonly RuleNeed[];
  }[];
}

/** One step. A `try` has `pFixed` and `fixedUtility`, a probe has outcomes. */
export interface RuleStep {
  readonly id: string;
  readonly kind: "probe" | "try";
  readonly maxUses: number;
  readonly cost: readonly number[];
  readonly catastrophe: readonly number[];
  readonly outcomes: readonly string[];
  /** `likelihood[context][outcome]`. */
  readonly likelihood: readonly (readonly number[])[];
  readonly pFixed: readonly number[];
  readonly fixedUtility: readonly number[];
  readonly needs: readonly RuleNeed[];
  /** The steps that cannot be taken after this one. */
  readonly spoils: readonly string[];
}

/** What has to have been seen before: so many answers of a step, of these kinds. */
export interface RuleNeed {
  readonly step: string;
  readonly outcomes: readonly string[];
  readonly times: number;
}

export interface Seen {
  readonly step: string;
  readonly outcome: string;
}

/** What the reference decides, given what was seen. */
export interface RuleAnswer {
  readonly value: number;
  readonly ownRisk: number;
  readonly spent: number;
  readonly firstMove: string;
  readonly hold: "surprise" | "unknown" | "conflict" | null;
  /** Whether some policy that keeps the limits may come to act. */
  readonly canAct: boolean;
}

/** Value and risk are weighted by the probability of the history. `risk` is what the limits count. */
interface Point {
  readonly value: Fraction;
  readonly risk: Fraction;
  readonly steps: Fraction;
  readonly move: string;
  readonly rank: number;
  readonly acts: boolean;
}

/** Decides by the rules alone; `null` where no context explains what was seen. */
export function decideByRules(model: RuleModel, seen: readonly Seen[]): RuleAnswer | null {
  const rules = new Rules(model);
  const mass = sum(rules.weights(seen));
  if (compare(mass, zero) === 0) return null;
  const spent = rules.spent(seen);
  const limit = fraction(model.limit, model.fineParts);
  const left = compare(spent, limit) > 0 ? zero : minus(limit, spent);
  const points = rules.front(seen, true).filter(({ risk }) => compare(risk, times(left, mass)) <= 0);
  const best = points.reduce((held, point) => (isBetter(point, held) ? point : held));
  const over = (weighted: Fraction): number => toNumber(weighted) / toNumber(mass);
  return {
    value: over(best.value),
    ownRisk: over(best.risk),
    spent: toNumber(spent),
    firstMove: best.move,
    hold: rules.hold(seen),
    canAct: points.some(({ acts }) => acts),
  };
}

/** More value, then less risk, then fewer steps, then the declared order. */
function isBetter(one: Point, other: Point): boolean {
  const order = compare(other.value, one.value) || compare(one.risk, other.risk) || compare(one.steps, other.steps);
  return order < 0 || (order === 0 && one.rank < other.rank);
}

class Rules {
  readonly #model: RuleModel;

  constructor(model: RuleModel) {
    this.#model = model;
  }

  #p(parts: number): Fraction {
    return fraction(parts, this.#model.parts);
  }

  #contexts(): readonly number[] {
    return this.#model.prior.map((_, c) => c);
  }

  #named(): readonly number[] {
    return this.#contexts().slice(0, -1);
  }

  #step(id: string): RuleStep {
    const step = this.#model.steps.find((candidate) => candidate.id === id);
    if (step === undefined) throw new Error(`no step ${id}`);
    return step;
  }

  #survives(step: RuleStep, c: number): Fraction {
    return minus(one, this.#p(step.catastrophe[c] ?? 0));
  }

  /** P(this answer and the step neither fixes nor ends in catastrophe | context), the survival apart. */
  #answer(step: RuleStep, outcome: string, c: number): Fraction {
    if (step.kind === "try") return minus(one, this.#p(step.pFixed[c] ?? 0));
    return this.#p(step.likelihood[c]?.[step.outcomes.indexOf(outcome)] ?? 0);
  }

  #goesOn(step: RuleStep, c: number): Fraction {
    return step.kind === "try"
      ? times(this.#survives(step, c), this.#answer(step, "not_fixed", c))
      : this.#survives(step, c);
  }

  #continues({ step: id, outcome }: Seen, c: number): Fraction {
    const step = this.#step(id);
    return times(this.#survives(step, c), this.#answer(step, outcome, c));
  }

  weights(seen: readonly Seen[]): readonly Fraction[] {
    return this.#contexts().map((c) =>
      seen.reduce((weight, item) => times(weight, this.#continues(item, c)), this.#p(this.#model.prior[c] ?? 0)),
    );
  }

  spent(seen: readonly Seen[]): Fraction {
    const answered = this.#contexts().map((c) =>
      seen.reduce(
        (weight, { step, outcome }) => times(weight, this.#answer(this.#step(step), outcome, c)),
        this.#p(this.#model.prior[c] ?? 0),
      ),
    );
    const survived = sum(this.weights(seen));
    const all = sum(answered);
    // 1 − survived / all
    return minus(one, { n: survived.n * all.d, d: survived.d * all.n });
  }

  hold(seen: readonly Seen[]): RuleAnswer["hold"] {
    const { surprise, conflict, unknownMax, fineParts } = this.#model;
    const named = (weights: readonly Fraction[]): Fraction => sum(this.#named().map((c) => weights[c] ?? zero));
    const start = named(this.weights([]));
    const weights = this.weights(seen);
    for (const [at, item] of seen.entries()) {
      const step = this.#step(item.step);
      if (step.kind === "try") continue;
      const others = this.weights(seen.toSpliced(at, 1));
      const expected = named(others.map((weight, c) => times(weight, this.#goesOn(step, c))));
      if (compare(expected, zero) === 0) continue;
      if (compare(named(weights), times(fraction(surprise, fineParts), expected)) < 0) return "surprise";
    }
    const all = sum(weights);
    if (compare(minus(all, named(weights)), times(fraction(unknownMax, fineParts), all)) > 0) return "unknown";
    if (compare(start, zero) === 0) return null;
    // together / start < conflict · Π (apart / start), multiplied by the powers of start.
    let together = named(weights);
    let apart = fraction(conflict, fineParts);
    for (const item of seen) {
      together = times(together, start);
      apart = times(apart, named(this.weights([item])));
    }
    return compare(together, times(apart, start)) < 0 ? "conflict" : null;
  }

  /** Every point that no other beats, over the policies that the rules and the cap leave. */
  front(seen: readonly Seen[], isRoot: boolean): readonly Point[] {
    const { responses, steps, horizon } = this.#model;
    const weights = this.weights(seen);
    const hold = this.hold(seen);
    if (hold === "surprise") return [this.#respond(this.#escalation(), weights)];
    const cap = times(fraction(this.#model.limitGivenEvidence, this.#model.fineParts), sum(weights));
    const mayAct = hold === null;
    const points: Point[] = responses
      .map((_, r) => r)
      .filter((r) => responses[r]?.kind === "escalate" || mayAct)
      .filter((r) => isReady(responses[r]?.needs ?? [], seen))
      .map((r) => this.#respond(r, weights))
      .filter(({ risk }) => compare(risk, cap) <= 0);
    steps.forEach((step, s) => {
      const uses = seen.filter((item) => item.step === step.id).length;
      if (!isReady(step.needs, seen) || seen.some((item) => this.#step(item.step).spoils.includes(step.id))) return;
      if (seen.length >= horizon || uses >= step.maxUses || (step.kind === "try" && !mayAct)) return;
      points.push(...this.#take(step, s, { seen, weights, cap }));
    });
    return isRoot ? points : unbeaten(points);
  }

  #escalation(): number {
    return this.#model.responses.findIndex(({ kind }) => kind === "escalate");
  }

  #respond(r: number, weights: readonly Fraction[]): Point {
    const response = this.#model.responses[r];
    if (response === undefined) throw new Error("no response");
    const isAct = response.kind === "act";
    const risks = this.#contexts().map((c) => this.#p(response.catastrophe[c] ?? 0));
    const worth = this.#contexts().map((c) =>
      plus(
        times(risks[c] ?? zero, fraction(this.#model.catastropheUtility, 1)),
        times(minus(one, risks[c] ?? zero), fraction(response.utility[c] ?? 0, 1)),
      ),
    );
    return {
      value: sum(weights.map((weight, c) => times(weight, worth[c] ?? zero))),
      risk: isAct ? sum(weights.map((weight, c) => times(weight, risks[c] ?? zero))) : zero,
      steps: zero,
      move: response.id,
      rank: r,
      acts: isAct,
    };
  }

  #take(
    step: RuleStep,
    s: number,
    at: { readonly seen: readonly Seen[]; readonly weights: readonly Fraction[]; readonly cap: Fraction },
  ): readonly Point[] {
    const { seen, weights, cap } = at;
    const { catastropheUtility, responses } = this.#model;
    const over = (numberOf: (c: number) => Fraction): Fraction =>
      sum(weights.map((weight, c) => times(weight, numberOf(c))));
    const hit = over((c) => this.#p(step.catastrophe[c] ?? 0));
    if (compare(hit, cap) > 0) return [];
    const own = over((c) => {
      const harm = times(this.#p(step.catastrophe[c] ?? 0), fraction(catastropheUtility, 1));
      const paid = minus(harm, fraction(step.cost[c] ?? 0, 1));
      const fixed = times(this.#p(step.pFixed[c] ?? 0), fraction(step.fixedUtility[c] ?? 0, 1));
      return step.kind === "try" ? plus(paid, times(this.#survives(step, c), fixed)) : paid;
    });
    let sums: readonly Point[] = [
      {
        value: own,
        risk: hit,
        steps: sum(weights),
        move: step.id,
        rank: responses.length + s,
        acts: step.kind === "try",
      },
    ];
    for (const outcome of step.kind === "try" ? ["not_fixed"] : step.outcomes) {
      const next = [...seen, { step: step.id, outcome }];
      if (compare(sum(this.weights(next)), zero) === 0) continue;
      const after = this.front(next, false);
      sums = unbeaten(
        sums.flatMap((base) =>
          after.map((point) => ({
            ...base,
            value: plus(base.value, point.value),
            risk: plus(base.risk, point.risk),
            steps: plus(base.steps, point.steps),
            acts: base.acts || point.acts,
          })),
        ),
      );
    }
    return sums;
  }
}

/** Whether everything needed was seen. */
function isReady(needs: readonly RuleNeed[], seen: readonly Seen[]): boolean {
  return needs.every(
    ({ step, outcomes, times }) =>
      seen.filter((item) => item.step === step && outcomes.includes(item.outcome)).length >= times,
  );
}

/** Drops what is worth no more and risks no less. A policy that may act is kept beside one that may not. */
function unbeaten(points: readonly Point[]): readonly Point[] {
  return points.filter((point, at) =>
    points.every((other, index) => {
      if (index === at || (point.acts && !other.acts)) return true;
      const order = [compare(other.value, point.value), -compare(other.risk, point.risk)];
      const isNoWorse = order.every((sign) => sign >= 0);
      if (!isNoWorse) return true;
      if (order.some((sign) => sign > 0)) return false;
      const ties = compare(point.steps, other.steps) || point.rank - other.rank || at - index;
      return ties < 0;
    }),
  );
}
