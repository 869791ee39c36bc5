import type { Binding, Situation, SituationStep } from "../../belief/situation/situation.ts";
import type { Action, Domain } from "../../domain/domain.ts";
import { indexDomain } from "../../domain/domain-index.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { quote } from "../../value/text.ts";
import { groundCondition } from "../compile/ground-guard.ts";

/** What a step of a situation asks, and of which action. */
export interface AskedOutcomes {
  readonly binding: Binding | null;
  readonly outcomes: readonly string[];
  readonly classifier: SituationStep["classifier"];
  readonly pointer: string;
}

/** What a step asks of an action; `null` if it asks nothing that is bound. */
export function askedBy(step: SituationStep, pointer: string): AskedOutcomes | null {
  const { classifier } = step;
  if (step.kind === "try")
    return { binding: step.check, outcomes: ["fixed", "not_fixed"], classifier, pointer: `${pointer}/check` };
  if (step.kind === "wait" && step.binding === null) return null;
  return { binding: step.binding, outcomes: step.outcomes.map(({ id }) => id), classifier, pointer };
}

/** The plan pins the action's own classifier. A probability of any other outcome would be about another sensor. */
export function findUnfitOutcomes(
  { outcomes, classifier, pointer }: AskedOutcomes,
  action: Action,
): readonly Problem[] {
  const problems: Problem[] = [];
  const declared = action.outcomes.map((outcome) => outcome.name);
  const isSameSet = declared.length === outcomes.length && declared.every((name) => outcomes.includes(name));
  if (!isSameSet) {
    const own = declared.length === 0 ? "none" : declared.map(quote).join(", ");
    const claim = `the outcomes ${outcomes.map(quote).join(", ")} are not those of ${quote(action.name)}: ${own}`;
    problems.push(problem("E_SITUATION_OUTCOMES", `${pointer}/outcomes`, claim));
  }
  const differs = classifier.some((rule) => action.outcomes.find((own) => own.name === rule.name)?.when !== rule.when);
  if (differs)
    problems.push(
      problem("E_SITUATION_OUTCOMES", `${pointer}/classifier`, `the classifier is not that of ${quote(action.name)}`),
    );
  return problems;
}

/**
 * Everything in a situation that does not fit a domain: actions that it does not declare, and outcomes that are not
 * those of the action. What is not bound to an action is not asked.
 */
export function findUnfit(situation: Situation, domain: Domain): readonly Problem[] {
  const find = (binding: Binding | null): Action | undefined =>
    domain.actions.find((action) => action.name === binding?.action);
  const named = (binding: Binding | null, pointer: string): readonly Problem[] =>
    binding === null || find(binding) !== undefined
      ? []
      : [problem("E_ACTION_UNKNOWN", `${pointer}/action`, `the domain has no action ${quote(binding.action)}`)];
  const ofSteps = situation.steps.flatMap((step, index) => {
    const pointer = `/steps/${index}`;
    const asked = askedBy(step, pointer);
    const action = find(asked?.binding ?? null);
    return [
      ...named(step.binding, pointer),
      ...(step.kind === "try" ? named(step.check, `${pointer}/check`) : []),
      ...(asked === null || action === undefined ? [] : findUnfitOutcomes(asked, action)),
    ];
  });
  const ofResponses = situation.responses.flatMap(({ binding }, index) => named(binding, `/responses/${index}`));
  return [...ofSteps, ...ofResponses, ...findUnfitTerms(situation, domain)];
}

/** A condition of the terms speaks of the domain's facts alone. */
function findUnfitTerms({ terms }: Situation, domain: Domain): readonly Problem[] {
  const index = indexDomain(domain);
  const conditions = [
    { text: terms.objective, pointer: "/objective" },
    { text: terms.witness?.kind === "facts" ? terms.witness.expect : "", pointer: "/witness/expect" },
  ];
  return conditions.flatMap(({ text, pointer }) => {
    const ground = groundCondition(text, index, pointer);
    return ground.ok ? [] : ground.error;
  });
}
