import type { OutcomeDeclaration } from "../../domain/domain.ts";
import type { ResponseTerms } from "./response-terms.ts";

/*
 * The decision problem as the solvers see it: what may be wrong (contexts), what can be learnt or tried first (steps),
 * what can be done about it (responses), and how much risk of catastrophe the whole policy may run (limit).
 *
 * Every list `…ByContext` has one number for each context, in the declared order of `contexts`. `parseSituation` and
 * `parseCard` alone make a `Situation`, so its names, sums and ranges are already checked.
 */

/** The name of the context that stands for every explanation the author of a situation did not think of. */
export const unknownContext = "unknown";

/**
 * The two outcomes that every probe has beside its declared ones. A situation may not declare them; both lead to
 * `escalation`.
 */
export const reservedOutcomes = ["none_of_these", "no_answer"] as const;

/** The most that one situation may hold. Parsing refuses more with `E_SITUATION_SIZE` or `E_SITUATION_HORIZON`. */
export const situationLimits = {
  contexts: 32,
  steps: 16,
  outcomes: 8,
  responses: 32,
  maxUses: 8,
  horizon: 8,
} as const;

/** One hidden explanation of what is observed. `prior` is its probability; the priors of a situation sum to 1. */
export interface Context {
  readonly id: string;
  readonly prior: number;
}

/**
 * One answer a probe can give. `likelihoodByContext` is P(this outcome | context, the step did not end in catastrophe).
 */
export interface Outcome {
  readonly id: string;
  readonly likelihoodByContext: readonly number[];
}

/** One bound argument, as in the wire form of a proposal. The `value` of a literal is JSON text. */
export interface BoundArgument {
  readonly name: string;
  readonly from: "literal" | "input" | "each";
  readonly value: string;
}

/**
 * The action or workflow of the pack that carries a step or a response out. The solvers pass it on and never interpret
 * it.
 */
export interface Binding {
  readonly action: string;
  readonly args: readonly BoundArgument[];
}

/** What has to have been done before a step or a response: this step, so often, with one of these outcomes. */
export interface Need {
  readonly step: string;
  /** Empty: whichever answer it gave. */
  readonly outcomes: readonly string[];
  readonly times: number;
}

interface StepBase {
  readonly id: string;
  /** In units of utility. Paid when the step starts, and never given back. */
  readonly costByContext: readonly number[];
  /** P(the step itself ends in catastrophe | context). The episode then ends, worth `catastropheUtility`. */
  readonly catastropheByContext: readonly number[];
  /** How often the step may be taken on one path. */
  readonly maxUses: number;
  /** What has to have been done before. */
  readonly needs: readonly Need[];
  /** The steps that can no longer be taken after this one: it destroys what they would look at. */
  readonly spoils: readonly string[];
  /**
   * What is called: an act, a read or, for a `wait`, the look afterwards. `null` in a situation that is decided but not
   * run.
   */
  readonly binding: Binding | null;
  /**
   * Which outcome raw output is. If no rule holds, or several do, it is `none_of_these`. Empty: the action's own rules.
   */
  readonly classifier: readonly OutcomeDeclaration[];
  /** An answer older than this is `no_answer`. `null`: the rule of the domain. */
  readonly maxAgeMs: number | null;
}

/** A read that tells contexts apart. */
export interface ProbeStep extends StepBase {
  readonly kind: "probe";
  readonly outcomes: readonly Outcome[];
  /** Whether somebody else can control the answer. `riskIfSensorsLie` then lets an adversary choose it. */
  readonly external: boolean;
  /**
   * How long an answer counts as evidence about now. An older one is read again before anything is written. `null`: for
   * the whole incident. Nothing is computed from it.
   */
  readonly freshForMs: number | null;
  /** The part of the cost that is damage while the answer is waited for. Absent: none. */
  readonly waitByContext?: readonly number[];
}

/** Letting time pass and looking again. If there is nothing to look at, its one outcome is `elapsed`. */
export interface WaitStep extends StepBase {
  readonly kind: "wait";
  readonly forMs: number | null;
  readonly outcomes: readonly Outcome[];
  readonly external: boolean;
}

/** A remedy tried in the hope that it settles the matter. `fixed` ends the episode, `not_fixed` goes on. */
export interface TryStep extends StepBase {
  readonly kind: "try";
  readonly pFixedByContext: readonly number[];
  readonly fixedUtilityByContext: readonly number[];
  /** The read that tells `fixed` from `not_fixed`; `binding` is the act. */
  readonly check: Binding | null;
}

/** A move that does not end the episode by itself. */
export type SituationStep = ProbeStep | WaitStep | TryStep;

/** How an episode can end: an act that commits, or the hand-over to a person. */
export interface SituationResponse {
  readonly kind: "act" | "escalate";
  readonly id: string;
  readonly utilityByContext: readonly number[];
  /** P(catastrophe | context) when this response is chosen. A catastrophe replaces the utility. */
  readonly catastropheByContext: readonly number[];
  /** What has to have been done before. An escalation needs nothing. */
  readonly needs: readonly Need[];
  readonly binding: Binding | null;
  /** For people: what the response does, or what an escalation asks for. */
  readonly text: string;
  /**
   * P(what the response promises is read back | context, no catastrophe). Absent: a read-back that failed says nothing,
   * and what follows is what the action declares.
   */
  readonly restoresByContext?: readonly number[];
  /** What it is worth to undo the response once its read-back has failed. Absent: that is not among the choices. */
  readonly undo?: Pick<SituationResponse, "utilityByContext" | "catastropheByContext">;
  /** The response that this one undoes; only in a situation after a failed read-back. */
  readonly undoes?: string;
}

/** A number that the document leaves out, and the rule that supplied it. Every review shows it. */
export interface AppliedDefault {
  readonly pointer: string;
  readonly rule:
    | "unknown_prior"
    | "unknown_likelihood"
    | "unknown_utility"
    | "unknown_catastrophe"
    | "unknown_cost"
    | "unknown_restores"
    | "likelihood_floor"
    | "average_plan"
    | "escalation";
  readonly text: string;
}

/**
 * Where a row of probabilities came from. A decision is made a second time without the rows and counts that are
 * opinion.
 */
export interface NumberSource {
  readonly pointer: string;
  readonly kind: "probabilities" | "counts";
  /** Closed incidents, counted in the order of the row; empty for declared probabilities. */
  readonly counts: readonly number[];
  /** Opinion as pseudo-counts after the cap, in the order of the row; empty if there is none. */
  readonly opinion: readonly number[];
  readonly isOpinionOnly: boolean;
  readonly source: string;
}

/**
 * What a situation declares for the test whether a belief is needed at all; `null` and empty lists take the defaults of
 * `thresholdsOf`.
 */
export interface BeliefTestDeclaration {
  /** A context less probable than this is not plausible. */
  readonly plausible: number | null;
  /** A loss of at most this much, in the unit of the utilities, is cheap. */
  readonly cheapLoss: number | null;
  /** Responses that can be undone. `detected`: responses whose failure is noticed in time. */
  readonly reversible: readonly string[];
  readonly detected: readonly string[];
}

/** The evidence behind the priors. They are what is believed after it, and say no longer how well it fits together. */
export interface SeenBefore {
  /** The priors before anything was seen. */
  readonly priorByContext: readonly number[];
  /** In the order of names, so that the order in which they came decides nothing. */
  readonly items: readonly SeenItem[];
}

/** One answer that was seen. */
export interface SeenItem {
  readonly step: string;
  readonly kind: SituationStep["kind"];
  readonly outcome: string;
  /** P(this outcome, and the episode goes on | context). */
  readonly likelihoodByContext: readonly number[];
  /** P(the episode goes on | context). */
  readonly goesOnByContext: readonly number[];
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
  /**
   * The largest probability with which the whole policy may end in catastrophe, seen from its start. A person sets it,
   * and nothing computed is ever called the limit.
   */
  readonly limit: number;
  /**
   * The largest probability of catastrophe that one move may have, given everything seen by then. It bounds acts, tries
   * and risky looks; an escalation is never forbidden.
   */
  readonly limitGivenEvidence: number;
  /**
   * What the two limits count. `own_moves`: what our own steps and acts may cause. What may happen after a hand-over is
   * shown and not bounded. `everything`: a foreign card's limit counts the escalation too.
   */
  readonly limitCovers: "own_moves" | "everything";
  /** What the steps taken so far have used of the limit; 0 at the start. */
  readonly riskSpent: number;
  /** The most steps on one path before a response, 0 to 8. */
  readonly horizon: number;
  /**
   * Where an outcome is less likely than this under the named contexts, given all the rest that was seen, the evidence
   * leads to `escalation`. 0: never.
   */
  readonly surpriseThreshold: number;
  /**
   * Evidence conflicts when its probability under the named contexts is less than this share of what it would be if its
   * parts had nothing to do with one another. There is no act then. 0: never.
   */
  readonly conflictThreshold: number;
  /** There is no act while `unknown` is likelier than this. 1: always. */
  readonly unknownMax: number;
  /** What was seen before the priors became what they are; `null` when nothing was. */
  readonly seen: SeenBefore | null;
  /** Where a surprise, `no_answer` and `none_of_these` lead; `null` only in a card without an `escalate` response. */
  readonly escalation: string | null;
  /** The response declared as such, else the one that is best in contexts of the greatest total prior. */
  readonly averagePlan: string;
  readonly beliefTest: BeliefTestDeclaration;
  /** Which alerts it answers, and how a response to one is judged. Nothing is computed from it. */
  readonly terms: ResponseTerms;
  readonly defaults: readonly AppliedDefault[];
  readonly sources: readonly NumberSource[];
}

/** The outcomes a policy can branch on after a step. A `try` goes on only with `not_fixed`. */
export function outcomeIdsOf(step: SituationStep): readonly string[] {
  return step.kind === "try" ? ["not_fixed"] : step.outcomes.map((outcome) => outcome.id);
}
