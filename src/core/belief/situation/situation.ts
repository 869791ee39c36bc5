import type { OutcomeDeclaration } from "../../domain/domain.ts";

/**
 * The decision problem as the solvers see it: what may be hidden (contexts), what can be learnt or tried first (steps),
 * what can be answered (responses), and how much risk of catastrophe the whole plan may run (limit).
 *
 * Every list `…ByContext` has one number per context, in the declared order of `contexts`. All names, sums and ranges hold
 * once a value of this type exists: `parseSituation` and `parseCard` are the only makers, `parse-*.ts` states the rules.
 */

/** The name of the context that stands for every explanation nobody thought of. */
export const unknownContext = "unknown";

/** Outcomes every probe has beside its declared ones; no situation declares them, and both lead to `escalation`. */
export const reservedOutcomes = ["none_of_these", "no_answer"] as const;

/** What one situation may hold; beyond it parsing refuses with `E_SITUATION_SIZE` or `E_SITUATION_HORIZON`. */
export const situationLimits = {
  contexts: 32,
  steps: 16,
  outcomes: 8,
  responses: 32,
  maxUses: 8,
  horizon: 8,
} as const;

/** One hidden explanation of what is observed. `prior`: probability; the priors of a situation sum to 1. */
export interface Context {
  readonly id: string;
  readonly prior: number;
}

/** One answer a probe can give. `likelihoodByContext`: P(this outcome | context, the step did not end in catastrophe). */
export interface Outcome {
  readonly id: string;
  readonly likelihoodByContext: readonly number[];
}

/** One bound argument, as in the wire form of a proposal; `value` of a literal holds JSON. */
export interface BoundArgument {
  readonly name: string;
  readonly from: "literal" | "input" | "each";
  readonly value: string;
}

/** What carries a step or response out: an action or workflow of the pack. Carried by the core, never interpreted here. */
export interface Binding {
  readonly action: string;
  readonly args: readonly BoundArgument[];
}

interface StepBase {
  readonly id: string;
  /** In units of utility; paid when the step starts and never given back. */
  readonly costByContext: readonly number[];
  /** P(the step itself ends in catastrophe | context); the episode then ends with `catastropheUtility`. */
  readonly catastropheByContext: readonly number[];
  /** How often one plan may take the step on one path. */
  readonly maxUses: number;
  /** The act, read or (for a `wait`) the look afterwards; null in a situation nobody executes. */
  readonly binding: Binding | null;
  /** When raw output is which outcome, evaluated outside the core; none or several true is `none_of_these`. Empty: the action's own. */
  readonly classifier: readonly OutcomeDeclaration[];
  /** Older answers are `no_answer`; null: the domain's own rule. */
  readonly maxAgeMs: number | null;
}

/** A read that tells contexts apart. */
export interface ProbeStep extends StepBase {
  readonly kind: "probe";
  readonly outcomes: readonly Outcome[];
  /** Whether somebody else controls what the probe answers; it then takes part in `riskIfSensorsLie`. */
  readonly external: boolean;
}

/** Letting time pass and looking again; with nothing to look at its one outcome is `elapsed`. */
export interface WaitStep extends StepBase {
  readonly kind: "wait";
  readonly forMs: number | null;
  readonly outcomes: readonly Outcome[];
  readonly external: boolean;
}

/** A remedy tried on the chance that it settles the matter: `fixed` ends the episode, `not_fixed` goes on. */
export interface TryStep extends StepBase {
  readonly kind: "try";
  readonly pFixedByContext: readonly number[];
  readonly fixedUtilityByContext: readonly number[];
  /** The read that tells `fixed` from `not_fixed`; `binding` is the act. */
  readonly check: Binding | null;
}

/** A move that does not end the episode by itself. */
export type SituationStep = ProbeStep | WaitStep | TryStep;

/** A plan or workflow that commits, or the hand-over to a person. */
export interface SituationResponse {
  readonly kind: "act" | "escalate";
  readonly id: string;
  readonly utilityByContext: readonly number[];
  /** P(catastrophe | context) when this response is chosen; a catastrophe replaces the utility. */
  readonly catastropheByContext: readonly number[];
  readonly binding: Binding | null;
  /** For people: what the response does, or what an escalation asks. */
  readonly text: string;
}

/** A number nobody wrote down, and the rule that supplied it; shown in every review. */
export interface AppliedDefault {
  readonly pointer: string;
  readonly rule:
    | "unknown_prior"
    | "unknown_likelihood"
    | "unknown_utility"
    | "unknown_catastrophe"
    | "unknown_cost"
    | "likelihood_floor"
    | "average_plan"
    | "escalation";
  readonly text: string;
}

/** Where a row of probabilities came from; `opinion` rows are the ones a decision is made again without. */
export interface NumberSource {
  readonly pointer: string;
  readonly kind: "probabilities" | "counts";
  /** Closed incidents counted, in the order of the row; empty for declared probabilities. */
  readonly counts: readonly number[];
  /** Opinion as pseudo-counts after the cap, in the order of the row; empty if none. */
  readonly opinion: readonly number[];
  readonly isOpinionOnly: boolean;
  readonly source: string;
}

/** What a situation declares for the test whether a belief is needed at all; `null` and empty lists take the defaults of `thresholdsOf`. */
export interface BeliefTestDeclaration {
  /** A context less probable than this is not plausible. */
  readonly plausible: number | null;
  /** A loss up to this, in the unit of the utilities, is cheap. */
  readonly cheapLoss: number | null;
  /** Responses that can be undone, and responses whose failure is seen in time. */
  readonly reversible: readonly string[];
  readonly detected: readonly string[];
}

/** One decision problem, complete and checked. */
export interface Situation {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly contexts: readonly Context[];
  readonly steps: readonly SituationStep[];
  readonly responses: readonly SituationResponse[];
  /** What a catastrophe is worth, in the unit of the utilities. */
  readonly catastropheUtility: number;
  /** Largest probability with which the whole plan may ever reach catastrophe, seen from its start. */
  readonly limit: number;
  /** Most steps on one path before a response, 0 to 8. */
  readonly horizon: number;
  /** An outcome whose predictive probability under the named contexts is below this gets the edge `escalate`; 0: never. */
  readonly surpriseThreshold: number;
  /** The response a surprise, `no_answer` or `none_of_these` leads to; null only in a card without `escalate`. */
  readonly escalation: string | null;
  /** The response with the greatest total prior over the contexts that share it, unless declared. */
  readonly averagePlan: string;
  readonly beliefTest: BeliefTestDeclaration;
  readonly defaults: readonly AppliedDefault[];
  readonly sources: readonly NumberSource[];
}

/** The outcome names a policy can branch on after the step: a `try` goes on only with `not_fixed`. */
export function outcomeIdsOf(step: SituationStep): readonly string[] {
  return step.kind === "try" ? ["not_fixed"] : step.outcomes.map((outcome) => outcome.id);
}
