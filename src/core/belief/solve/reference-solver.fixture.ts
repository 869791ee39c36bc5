/*
 * The slow oracle. It lists every deterministic policy of a small foreign card, and what the policy leads to in each
 * context, by the definition of the cards alone: no beliefs, no shared subproblems, no pruning, and no code in common
 * with the solvers.
 */

/** A foreign card with all its numbers written out per context. */
export interface PlainCard {
  readonly contexts: readonly { readonly id: string; readonly prior: number }[];
  readonly catastropheUtility: number;
  readonly maxCatastropheProbability: number;
  readonly maxSteps: number;
  readonly steps: readonly PlainStep[];
  readonly commits: readonly PlainCommit[];
}

export type PlainNumbers = Readonly<Record<string, number>>;

export interface PlainCommit {
  readonly id: string;
  readonly kind: "act" | "escalate";
  readonly utility: PlainNumbers;
  readonly catastrophe: PlainNumbers;
}

interface PlainStepBase {
  readonly id: string;
  readonly cost: PlainNumbers;
  readonly catastrophe: PlainNumbers;
  readonly maxUses: number;
}

export type PlainStep =
  | (PlainStepBase & {
      readonly kind: "probe" | "wait";
      readonly outcomes: readonly string[];
      readonly likelihood: Readonly<Record<string, readonly number[]>>;
    })
  | (PlainStepBase & { readonly kind: "try"; readonly pFixed: PlainNumbers; readonly fixedUtility: PlainNumbers });

/** The figures of a policy: in one context while it is put together, in expectation over the prior at the root. */
export interface PolicyFigures {
  readonly value: number;
  readonly risk: number;
  readonly steps: number;
}

type PerContext = readonly PolicyFigures[];

/** How many policies a card has, or Infinity beyond a million. Ask before listing them. */
export function countPolicies(
  card: PlainCard,
  usesLeft: readonly number[] = card.steps.map(({ maxUses }) => maxUses),
  depth = card.maxSteps,
): number {
  let count = card.commits.length;
  if (depth === 0) return count;
  card.steps.forEach((step, s) => {
    if ((usesLeft[s] ?? 0) === 0) return;
    const branches = step.kind === "try" ? 1 : step.outcomes.length;
    count += countPolicies(card, spent(usesLeft, s), depth - 1) ** branches;
  });
  return count > 1e6 ? Number.POSITIVE_INFINITY : count;
}

/** The figures of every policy, seen from the start. */
export function listPolicies(card: PlainCard): readonly PolicyFigures[] {
  const policies = policiesWith(
    card,
    card.steps.map(({ maxUses }) => maxUses),
    card.maxSteps,
  );
  return policies.map((policy) => {
    let value = 0;
    let risk = 0;
    let steps = 0;
    card.contexts.forEach(({ prior }, c) => {
      value += prior * (policy[c]?.value ?? 0);
      risk += prior * (policy[c]?.risk ?? 0);
      steps += prior * (policy[c]?.steps ?? 0);
    });
    return { value, risk, steps };
  });
}

function policiesWith(card: PlainCard, usesLeft: readonly number[], depth: number): readonly PerContext[] {
  const policies: PerContext[] = card.commits.map((commit) =>
    card.contexts.map(({ id }) => {
      const p = commit.catastrophe[id] ?? 0;
      return { value: (1 - p) * (commit.utility[id] ?? 0) + p * card.catastropheUtility, risk: p, steps: 0 };
    }),
  );
  if (depth === 0) return policies;
  card.steps.forEach((step, s) => {
    if ((usesLeft[s] ?? 0) === 0) return;
    const rest = policiesWith(card, spent(usesLeft, s), depth - 1);
    const branches = step.kind === "try" ? 1 : step.outcomes.length;
    for (const choice of everyChoice(rest, branches))
      policies.push(
        card.contexts.map(({ id }, c) =>
          takeStep(
            card,
            step,
            id,
            choice.map((policy) => policy[c] as PolicyFigures),
          ),
        ),
      );
  });
  return policies;
}

/** What taking a step leads to in one context, given the figures of what follows each of its outcomes. */
function takeStep(card: PlainCard, step: PlainStep, context: string, after: readonly PolicyFigures[]): PolicyFigures {
  const hit = step.catastrophe[context] ?? 0;
  let value = 0;
  let risk = 0;
  let steps = 0;
  const endings =
    step.kind === "try"
      ? [
          { p: step.pFixed[context] ?? 0, then: { value: step.fixedUtility[context] ?? 0, risk: 0, steps: 0 } },
          { p: 1 - (step.pFixed[context] ?? 0), then: after[0] },
        ]
      : after.map((then, o) => ({ p: step.likelihood[context]?.[o] ?? 0, then }));
  for (const { p, then } of endings) {
    value += p * (then?.value ?? 0);
    risk += p * (then?.risk ?? 0);
    steps += p * (then?.steps ?? 0);
  }
  return {
    value: -(step.cost[context] ?? 0) + hit * card.catastropheUtility + (1 - hit) * value,
    risk: hit + (1 - hit) * risk,
    steps: 1 + (1 - hit) * steps,
  };
}

function* everyChoice<T>(options: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const first of options) {
    for (const others of everyChoice(options, count - 1)) yield [first, ...others];
  }
}

function spent(usesLeft: readonly number[], s: number): readonly number[] {
  return usesLeft.map((uses, index) => (index === s ? uses - 1 : uses));
}
