/** The built-in policies: baselines to compare an agent with. */

import { type ResponseName, RIGHT_RESPONSES } from "../contract/actions.ts";
import type { Policy, PolicyDecision, PolicyView } from "../contract/episode.ts";
import { MAIN_FAULTS } from "../contract/faults.ts";
import type { ProbeName } from "../contract/probes.ts";
import { PRIORS, type PriorName } from "./contexts.ts";
import likelihoods from "./likelihoods.json" with { type: "json" };
import { LIKELIHOODS_FORMAT, type Likelihoods, posteriorOf } from "./likelihoods.ts";
import { outcomeOf } from "./outcomes.ts";

const TABLE: Likelihoods = { ...likelihoods, format: LIKELIHOODS_FORMAT };

/**
 * What the most probable context is judged by: what a person on call would look at first. The integrity counter is not
 * among them.
 */
const ROUTINE_PROBES = ["traffic", "errors", "saturation", "locks", "deploy"] as const satisfies readonly ProbeName[];

/** A policy that always gives the same response, and looks at nothing. */
export function fixedPolicy(options: {
  readonly name: string;
  readonly summary: string;
  readonly response: ResponseName;
}): Policy {
  const decision: PolicyDecision = { response: options.response, probes: [], belief: {} };
  return { name: options.name, summary: options.summary, needsTruth: false, decide: () => decision };
}

/** Every built-in policy. */
export const POLICIES: readonly Policy[] = [
  fixedPolicy({ name: "always-wait", summary: "does nothing: the counterfactual", response: "wait" }),
  fixedPolicy({ name: "always-escalate", summary: "hands every alert to a person", response: "escalate" }),
  fixedPolicy({
    name: "scale-out",
    summary: "scales out always: the average plan at the essay's prior",
    response: "scale_out",
  }),
  mostProbableContext({ prior: "essay", probeCount: 1 }),
  mostProbableContext({ prior: "essay", probeCount: 2 }),
  mostProbableContext({ prior: "essay", probeCount: 3 }),
  mostProbableContext({ prior: "essay", probeCount: ROUTINE_PROBES.length }),
  mostProbableContext({ prior: "uniform", probeCount: ROUTINE_PROBES.length }),
  {
    name: "oracle",
    summary: "is told the fault and gives the right response",
    needsTruth: true,
    decide: (view) => ({
      response: view.truth === undefined ? "escalate" : (RIGHT_RESPONSES[view.truth].right[0] ?? "escalate"),
      probes: [],
      belief: {},
    }),
  },
];

interface Looking {
  readonly prior: PriorName;
  readonly probeCount: number;
}

/**
 * Looks at some probes, then treats the likeliest context as certain: a belief without utilities, risk or limit. With
 * few probes it is what asking a model again after each added fact comes to: the average plan of the posterior.
 */
function mostProbableContext(looking: Looking): Policy {
  const { prior, probeCount } = looking;
  const isPartial = probeCount < ROUTINE_PROBES.length;
  const probes = ROUTINE_PROBES.slice(0, probeCount).join(", ");
  const facts = `${probeCount} ${probeCount === 1 ? "fact" : "facts"}`;
  return {
    name: isPartial ? `after-${facts.replace(" ", "-")}` : `most-probable${prior === "essay" ? "" : `-${prior}`}`,
    summary: `${probes}, then the right response to the likeliest context (${prior} prior)`,
    needsTruth: false,
    decide: (view) => decideByMostProbable(view, looking),
  };
}

function decideByMostProbable(view: PolicyView, { prior, probeCount }: Looking): PolicyDecision {
  const observations = ROUTINE_PROBES.slice(0, probeCount).map((probe) => ({
    probe,
    outcome: outcomeOf(probe, view.readProbe(probe)),
  }));
  const belief = posteriorOf(TABLE, PRIORS[prior], observations);
  const likeliest = MAIN_FAULTS.reduce((best, context) => (belief[context] > belief[best] ? context : best));
  return {
    response: RIGHT_RESPONSES[likeliest].right[0] ?? "escalate",
    probes: observations.map(({ probe }) => probe),
    belief,
  };
}
