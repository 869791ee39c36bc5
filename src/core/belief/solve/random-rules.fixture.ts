import { invariant } from "../../value/invariant.ts";
import type { JsonObject } from "../../value/json-value.ts";
import type { RngCursor } from "../../value/rng.ts";
import { decideAfter } from "../explain/after.ts";
import { firstMoveOf } from "../policy.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { decideByRules, type RuleModel, type RuleNeed, type RuleStep, type Seen } from "./reference-rules.fixture.ts";

const parts = 20;
const fineParts = 200;

/** A random small model. Numbers lie on coarse grids, so that ties and figures exactly at a limit are common. */
export function randomModel(rng: RngCursor): RuleModel {
  const count = 2 + rng.below(3);
  const each = (number: () => number): readonly number[] => Array.from({ length: count }, number);
  const acts = Array.from({ length: 1 + rng.below(3) }, (_, index) => ({
    id: `act${index}`,
    kind: "act" as const,
    needs: [] as readonly RuleNeed[],
    utility: each(() => 2 * rng.below(16) - 20),
    catastrophe: each(() => (rng.below(2) === 0 ? 0 : rng.below(5))),
  }));
  const escalations = Array.from({ length: 1 + rng.below(2) }, (_, index) => ({
    id: `page${index}`,
    kind: "escalate" as const,
    needs: [],
    utility: each(() => 2 * rng.below(8) - 20),
    catastrophe: each(() => (rng.below(3) === 0 ? rng.below(4) : 0)),
  }));
  const steps = Array.from({ length: rng.below(4) }, (_, index) => randomStep(rng, count, index));
  // A few models would have fronts of many thousand points, and the plain reading compares each with each.
  const width = steps.reduce((sum, { outcomes, maxUses }) => sum + Math.max(1, outcomes.length) * maxUses, 0);
  const limit = rng.below(4) === 0 ? rng.below(100) : rng.below(30);
  return {
    parts,
    prior: split(rng, count, parts),
    catastropheUtility: -20 * rng.below(10),
    horizon: Math.min(rng.below(4), width > 6 ? 2 : 3),
    fineParts,
    limit,
    limitGivenEvidence: [limit, limit, rng.below(60), 200][rng.below(4)] ?? limit,
    surprise: rng.below(2) === 0 ? 0 : rng.below(30),
    conflict: [0, 100, 180, 200][rng.below(4)] ?? 0,
    unknownMax: rng.below(2) === 0 ? 200 : 20 * rng.below(11),
    steps,
    responses: rng.below(2) === 0 ? [...acts, ...escalations] : [...escalations, ...acts],
  };
}

/** The same model, where a step spoils others, and steps and acts need what other steps saw. */
export function withPreconditions(rng: RngCursor, model: RuleModel): RuleModel {
  const { steps } = model;
  if (steps.length === 0) return model;
  const needs = (own: string): readonly RuleNeed[] => {
    const step = steps[rng.below(steps.length)];
    if (step === undefined || step.id === own || rng.below(2) === 0) return [];
    const outcomes = step.kind === "try" ? ["not_fixed"] : step.outcomes;
    return [
      {
        step: step.id,
        outcomes: rng.below(2) === 0 ? outcomes : outcomes.slice(0, 1),
        times: 1 + rng.below(step.maxUses),
      },
    ];
  };
  return {
    ...model,
    steps: steps.map((step) => ({
      ...step,
      needs: rng.below(4) === 0 ? needs(step.id) : [],
      spoils: steps.filter(() => rng.below(4) === 0).map(({ id }) => id),
    })),
    responses: model.responses.map((response) =>
      response.kind === "act" ? { ...response, needs: needs(response.id) } : response,
    ),
  };
}

/** A random model in which looking is cheap and seldom forbidden, so that its policies are deep. */
export function eagerModel(rng: RngCursor): RuleModel {
  const model = randomModel(rng);
  const count = model.prior.length;
  const steps = model.steps.length > 1 ? model.steps : [0, 1].map((index) => randomStep(rng, count, index));
  return {
    ...model,
    horizon: 2 + rng.below(2),
    limit: 1 + rng.below(20),
    limitGivenEvidence: 20 + rng.below(180),
    surprise: 0,
    conflict: 0,
    unknownMax: 200,
    steps: steps.slice(0, 2).map((step) => ({ ...step, maxUses: 1, cost: step.cost.map(() => rng.below(2)) })),
    responses: model.responses.map((response) =>
      response.kind === "act"
        ? { ...response, utility: response.utility.map(() => 4 * rng.below(12) - 20) }
        : { ...response, utility: response.utility.map(() => -6) },
    ),
  };
}

function randomStep(rng: RngCursor, count: number, index: number): RuleStep {
  const each = (number: () => number): readonly number[] => Array.from({ length: count }, number);
  const kind = rng.below(4) === 0 ? "try" : "probe";
  const outcomes = kind === "try" ? [] : ["a", "b", "c"].slice(0, rng.below(5) === 0 ? 3 : 2);
  return {
    id: `step${index}`,
    kind,
    maxUses: rng.below(4) === 0 ? 2 : 1,
    cost: each(() => rng.below(4)),
    catastrophe: each(() => (rng.below(5) === 0 ? rng.below(3) : 0)),
    outcomes,
    likelihood: Array.from({ length: count }, () => (kind === "try" ? [] : split(rng, outcomes.length, parts))),
    pFixed: each(() => (kind === "try" ? rng.below(parts + 1) : 0)),
    fixedUtility: each(() => (kind === "try" ? rng.below(8) : 0)),
    needs: [],
    spoils: [],
  };
}

function split(rng: RngCursor, count: number, total: number): readonly number[] {
  const cuts = Array.from({ length: count - 1 }, () => rng.below(total + 1)).sort((left, right) => left - right);
  return Array.from({ length: count }, (_, index) => (cuts[index] ?? total) - (cuts[index - 1] ?? 0));
}

/** Some answers that were seen before anything is decided. */
export function randomHistory(rng: RngCursor, model: RuleModel): readonly Seen[] {
  const seen: Seen[] = [];
  for (let left = rng.below(7); left > 0 && seen.length < model.horizon; left -= 1) {
    const step = model.steps[rng.below(Math.max(1, model.steps.length))];
    if (step === undefined || seen.filter((item) => item.step === step.id).length >= step.maxUses) continue;
    const outcomes = step.kind === "try" ? ["not_fixed"] : step.outcomes;
    seen.push({ step: step.id, outcome: outcomes[rng.below(outcomes.length)] ?? "" });
  }
  return seen;
}

/** The model as a situation's document. Every number is given, so no default applies. */
export function documentOf(model: RuleModel): JsonObject {
  const ids = model.prior.map((_, c) => (c === model.prior.length - 1 ? "unknown" : `C${c}`));
  const byContext = (numbers: readonly number[], scale = 1): JsonObject =>
    Object.fromEntries(ids.map((id, c) => [id, (numbers[c] ?? 0) / scale]));
  return {
    format: "interlock.situation/1",
    id: "random",
    contexts: ids.map((id, c) => ({ id, prior: (model.prior[c] ?? 0) / model.parts })),
    catastropheUtility: model.catastropheUtility,
    limit: model.limit / model.fineParts,
    limitGivenEvidence: model.limitGivenEvidence / model.fineParts,
    surprise: model.surprise / model.fineParts,
    conflict: model.conflict / model.fineParts,
    unknownMax: model.unknownMax / model.fineParts,
    horizon: model.horizon,
    steps: model.steps.map((step) => ({
      id: step.id,
      kind: step.kind,
      maxUses: step.maxUses,
      exact: true,
      needs: step.needs.map((need) => ({ ...need, outcomes: [...need.outcomes] })),
      spoils: [...step.spoils],
      cost: byContext(step.cost),
      catastrophe: byContext(step.catastrophe, model.parts),
      ...(step.kind === "try"
        ? { pFixed: byContext(step.pFixed, model.parts), fixedUtility: byContext(step.fixedUtility) }
        : {
            outcomes: [...step.outcomes],
            likelihood: Object.fromEntries(
              ids.map((id, c) => [id, (step.likelihood[c] ?? []).map((p) => p / model.parts)]),
            ),
          }),
    })),
    responses: model.responses.map(({ id, kind, utility, catastrophe, needs }) => ({
      id,
      kind,
      needs: needs.map((need) => ({ ...need, outcomes: [...need.outcomes] })),
      utility: byContext(utility),
      catastrophe: byContext(catastrophe, model.parts),
    })),
  };
}

/** What a comparison found. `features` says what the model exercised. */
export interface Comparison {
  readonly disagreement: string | null;
  readonly features: readonly string[];
}

/** Decides a model both ways, and says where the two differ. */
export function compareWithRules(model: RuleModel, seen: readonly Seen[]): Comparison {
  const expected = decideByRules(model, seen);
  const situation = parseSituation(documentOf(model));
  invariant(situation.ok, situation.ok ? "" : JSON.stringify(situation.error));
  const after = decideAfter(situation.value, seen);
  if (!after.ok || expected === null) {
    const isAgreed = !after.ok && after.error[0]?.code === "E_SITUATION_EVIDENCE_IMPOSSIBLE" && expected === null;
    return {
      disagreement: isAgreed ? null : `decided by one alone: ${JSON.stringify(expected)}`,
      features: ["impossible"],
    };
  }
  const { decision } = after.value;
  if (decision.kind !== "decided") return { disagreement: "called infeasible beside an escalation", features: [] };
  const { chosen, handover, held, unlimited } = decision;
  const scale = 1e-9 * Math.max(1, Math.abs(model.catastropheUtility));
  const wrong = [
    ...(Math.abs(chosen.value - expected.value) > scale ? [`value ${chosen.value}, not ${expected.value}`] : []),
    ...(Math.abs(chosen.ownRisk - expected.ownRisk) > 1e-10 ? [`risk ${chosen.ownRisk}, not ${expected.ownRisk}`] : []),
    ...(Math.abs(after.value.situation.riskSpent - expected.spent) > 1e-10 ? [`spent, not ${expected.spent}`] : []),
    ...(firstMoveOf(chosen.policy) === expected.firstMove
      ? []
      : [`first ${firstMoveOf(chosen.policy)}, not ${expected.firstMove}`]),
    ...((held?.kind ?? null) === expected.hold ? [] : [`held by ${held?.kind}, not ${expected.hold}`]),
    ...(handover?.kind === "nothing_keeps_limit" && expected.canAct ? ["said that nothing keeps the limit"] : []),
    ...(handover?.kind === "limit" && !expected.canAct ? ["did not say that nothing keeps the limit"] : []),
  ];
  return {
    disagreement: wrong.length === 0 ? null : wrong.join("; "),
    features: [
      ...(held === null ? [] : [held.kind]),
      ...(handover === null ? [] : [`handover ${handover.kind}`]),
      ...(chosen === unlimited ? [] : ["binding"]),
      ...(decision.riskPrice > 0 ? ["searched"] : []),
      ...(after.value.situation.riskSpent > 0 ? ["spent"] : []),
      ...(chosen.policy.kind === "do" ? ["looks"] : []),
    ],
  };
}
