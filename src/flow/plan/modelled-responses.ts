import type { Binding, ProbeStep, Situation, SituationResponse } from "../../core/belief/situation/situation.ts";
import type { ModelledResponse } from "../../core/proof/risks/evidence.ts";
import { canonicalText } from "../../core/value/canonical.ts";
import { parseJson } from "../../core/value/json.ts";

/**
 * What a situation says of each of its responses after each answer of each of its probes: Bayes' rule on the priors,
 * and the expected utility of what is left.
 */
export function modelledResponses(situation: Situation): readonly ModelledResponse[] {
  const probes = situation.steps.filter((step) => step.kind === "probe");
  const acts = situation.responses.filter(({ kind }) => kind === "act");
  return probes.flatMap((probe) => acts.flatMap((response) => modelled(situation, probe, response) ?? []));
}

function modelled(situation: Situation, probe: ProbeStep, response: SituationResponse): ModelledResponse | null {
  const args = response.binding === null ? null : literalArguments(response.binding);
  if (probe.binding === null || response.binding === null || args === null) return null;
  return {
    situation: situation.id,
    probe: { action: probe.binding.action, outcomes: probe.outcomes.map(({ id }) => id) },
    response: { id: response.id, action: response.binding.action, args },
    utilityByOutcome: probe.outcomes.map(({ likelihoodByContext }) =>
      expectedUtility(situation, response, likelihoodByContext),
    ),
  };
}

/** `null` where an argument is not written in the situation: nobody knows then which write it will be. */
function literalArguments({ args }: Binding): ReadonlyMap<string, string> | null {
  const texts = new Map<string, string>();
  for (const { name, from, value } of args) {
    const parsed = from === "literal" ? parseJson(value) : null;
    if (parsed === null || !parsed.ok) return null;
    texts.set(name, canonicalText(parsed.value));
  }
  return texts;
}

/** `null` if the outcome cannot happen in any context. */
function expectedUtility(
  { contexts, catastropheUtility }: Situation,
  { utilityByContext, catastropheByContext }: SituationResponse,
  likelihoodByContext: readonly number[],
): number | null {
  let [weight, sum] = [0, 0];
  for (const [index, { prior }] of contexts.entries()) {
    const joint = prior * (likelihoodByContext[index] ?? 0);
    const hit = catastropheByContext[index] ?? 0;
    weight += joint;
    sum += joint * ((1 - hit) * (utilityByContext[index] ?? 0) + hit * catastropheUtility);
  }
  return weight > 0 ? sum / weight : null;
}
