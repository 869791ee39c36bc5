import { invariant } from "../../value/invariant.ts";
import type { Policy, PolicyBranch, PolicySolution } from "../policy.ts";
import type { CanonicalStep } from "../situation/canonical-order.ts";
import { outcomeIdsOf } from "../situation/situation.ts";
import { ownRiskOf, riskOf } from "./evaluate-policy.ts";
import { holdCode } from "./hold-codes.ts";
import type { RootMove, Swept } from "./lanes.ts";
import { type Layers, placeOf, weightsAt } from "./layers.ts";
import type { OutcomeTable } from "./outcome-counts.ts";

/** The policy that begins with a move and then makes the best move of the lane everywhere. */
export function policyBeginningWith(layers: Layers, { move }: Swept, first: number): Policy {
  const { canonical, tables, holds } = layers;
  const built = new Map<number, Policy>();
  const weights = new Float64Array(canonical.prior.length);
  const commitTo = (r: number): Policy => {
    const response = canonical.responses[r];
    invariant(response !== undefined, "a move names a response");
    return { kind: "commit", response: response.source.id };
  };
  const take = (states: readonly number[], s: number): Policy => {
    const step = canonical.steps[s] as CanonicalStep; // a move names a step
    const table = tables[s] as OutcomeTable; // one table per step
    const branches = step.outcomeIds.flatMap((outcome, o): readonly PolicyBranch[] => {
      const next = states.with(s, table.next[(states[s] ?? 0) * step.outcomeIds.length + o] ?? 0);
      weightsAt(layers, next, weights);
      if (!weights.some((weight) => weight > 0)) return []; // no context explains the outcome
      const place = placeOf(layers, next);
      const isSurprise = holds[place] === holdCode.surprise;
      return [{ outcome, isSurprise, then: isSurprise ? commitTo(canonical.escalationIndex) : build(next, place) }];
    });
    const declared = outcomeIdsOf(step.source);
    return {
      kind: "do",
      step: step.source.id,
      on: branches.toSorted((one, other) => declared.indexOf(one.outcome) - declared.indexOf(other.outcome)),
    };
  };
  const build = (states: readonly number[], place: number): Policy => {
    const known = built.get(place);
    if (known !== undefined) return known;
    const chosen = move[place] ?? 0;
    const policy = chosen < 0 ? commitTo(-1 - chosen) : take(states, chosen);
    built.set(place, policy);
    return policy;
  };
  const start = canonical.steps.map(() => 0);
  return first < 0 ? commitTo(-1 - first) : take(start, first);
}

/** The same policy with its figures, which the sweep found. */
export function solutionBeginningWith(layers: Layers, swept: Swept, first: RootMove): PolicySolution {
  const { situation, countsEscalations } = layers.canonical;
  const policy = policyBeginningWith(layers, swept, first.move);
  const { value, risk, steps: expectedSteps } = first;
  if (countsEscalations) return { policy, value, risk, ownRisk: risk, expectedSteps };
  return swept.lane.risks === "counted"
    ? { policy, value, risk: riskOf(situation, policy), ownRisk: risk, expectedSteps }
    : { policy, value, risk, ownRisk: ownRiskOf(situation, policy), expectedSteps };
}
