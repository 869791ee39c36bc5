import { countedRisk } from "../../core/belief/calibrate/counted-rows.ts";
import { type RiskInterval, riskInterval } from "../../core/belief/calibrate/risk-interval.ts";
import { type DecisionAfter, decideAfter } from "../../core/belief/explain/after.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { drawDot, drawMermaid } from "../../core/belief/explain/draw-graph.ts";
import { type Explanation, explainDecision } from "../../core/belief/explain/explain.ts";
import { type PolicyTree, policyTree } from "../../core/belief/explain/policy-tree.ts";
import { writePomdp } from "../../core/belief/explain/write-pomdp.ts";
import { hearJudges } from "../../core/belief/judge/judge.ts";
import {
  countPolicyNodes,
  type Decision,
  type DecisionBound,
  firstMoveOf,
  type HandoverReason,
  type LimitRemedy,
  type Observation,
} from "../../core/belief/policy.ts";
import { type SituationWarning, situationWarnings } from "../../core/belief/situation/amounts.ts";
import { outcomeIdsOf, reservedOutcomes, type Situation } from "../../core/belief/situation/situation.ts";
import { solveAveragePlan } from "../../core/belief/solve/comparison-policies.ts";
import type { SweepProgress } from "../../core/belief/solve/lanes.ts";
import { riskIfSensorsLie } from "../../core/belief/solve/lying-sensors.ts";
import { type DecideOptions, isEscalation } from "../../core/belief/solve/solve-limited.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { readSituation, type SituationFile } from "../../packs/read-situation.ts";
import { type HeardJudges, hearJudgeFiles } from "./hear-judges.ts";
import { renderDecision } from "./render-decision.ts";

/** What to decide, from the bytes of files. */
export interface DecideRequest {
  /** The bytes of a situation or of a decision card. */
  readonly situation: Uint8Array;
  /** Refuse anything but a decision card. */
  readonly mustBeCard: boolean;
  /** What has been seen already, in order. */
  readonly observations: readonly Observation[];
  /** Judges with their measured tables, and their recorded answers, which are used before anything is decided. */
  readonly judges: readonly Uint8Array[];
  readonly heard: readonly Uint8Array[];
  /** The text to produce beside the data; `null` for none. */
  readonly as: "text" | "dot" | "mermaid" | "pomdp" | null;
  /** Add the flip analysis, and the whole explanation to the document. */
  readonly isExplained: boolean;
  /** How many exact solves the flip analysis may use. */
  readonly flipSolves: number;
  /** Refuse what cannot be settled exactly, instead of deciding for the best policy found and a bound. */
  readonly mustBeExact?: boolean;
  /** Is told now and then how far the weighing of beliefs is. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** What comes next in the chosen policy. */
export type NextMove =
  | { readonly kind: "ask"; readonly step: string; readonly outcomes: readonly string[] }
  | { readonly kind: "commit"; readonly response: string; readonly isEscalation: boolean }
  /** Nothing keeps the limit: a person must take over. */
  | { readonly kind: "nothing" };

/** A decision: its document for scripts, its text for people, and what comes next. */
export interface Decided {
  readonly document: DecisionDocument;
  readonly keepsLimit: boolean;
  readonly minimumRisk: number;
  readonly next: NextMove;
  /** The belief before and after the last observation, drawn as bars. There is no "before" if nothing was seen. */
  readonly picture: readonly string[];
  /** Who takes over if an answer is of no use, or `null`. */
  readonly escalation: string | null;
  /** The text that `as` asks for, line by line. */
  readonly lines: readonly string[];
}

/**
 * Belief → decision: exact, within the limit on risk, and explained. The same situation and evidence give the same
 * bits.
 */
export async function decide(request: DecideRequest): Promise<Result<Decided, readonly Problem[]>> {
  const file = readSituation(request.situation, { mustBeCard: request.mustBeCard });
  if (!file.ok) return file;
  const judged = hearJudgeFiles(request, file.value.situation);
  if (!judged.ok) return judged;
  const options = optionsOf(request);
  const after = decideAfter(judged.value.situation, request.observations, options);
  if (!after.ok) return after;
  const { situation, decision, beliefs } = after.value;
  const interval = riskInterval(
    file.value.situation,
    situation,
    (decision.kind === "decided" ? decision.chosen : decision.minimumRisk).policy,
  );
  const explain = (): Explanation =>
    explainAfter(file.value, { after: after.value, judged: judged.value, interval }, request);
  const lines = linesOf(after.value, judged.value, explain, request);
  if (!lines.ok) return lines;
  return ok({
    document: decisionDocument(
      file.value.situation,
      after.value,
      interval,
      request.as === null && request.isExplained ? explain() : null,
    ),
    keepsLimit: decision.kind === "decided" && decision.handover?.kind !== "nothing_keeps_limit",
    minimumRisk: decision.minimumRisk.risk,
    next: nextMove(after.value),
    picture: drawBelief(situation, { before: beliefs.at(-2) ?? null, after: beliefs.at(-1) ?? [] }),
    escalation: situation.escalation,
    lines: lines.value,
  });
}

function optionsOf({ mustBeExact = false, onProgress }: DecideRequest): DecideOptions {
  return { mustBeExact, ...(onProgress === undefined ? {} : { progress: onProgress }) };
}

function linesOf(
  after: DecisionAfter,
  { evidence }: HeardJudges,
  explain: () => Explanation,
  { as, observations, isExplained }: DecideRequest,
): Result<readonly string[], readonly Problem[]> {
  if (as === null) return ok([]);
  if (as === "pomdp") return writePomdp(after.outlook);
  if (as === "text") return ok(renderDecision(after, explain(), { observations, heard: evidence, isExplained }));
  const { situation, decision } = after;
  const shown = decision.kind === "decided" ? decision.chosen : decision.minimumRisk;
  return ok((as === "dot" ? drawDot : drawMermaid)(situation, shown.policy));
}

function nextMove({ situation, decision }: DecisionAfter): NextMove {
  if (decision.kind !== "decided") return { kind: "nothing" };
  const { policy } = decision.chosen;
  if (policy.kind === "commit") {
    return { kind: "commit", response: policy.response, isEscalation: isEscalation(situation, policy) };
  }
  return { kind: "ask", step: policy.step, outcomes: outcomesOf(situation, policy.step) };
}

function outcomesOf(situation: Situation, stepId: string): readonly string[] {
  const step = situation.steps.find((candidate) => candidate.id === stepId);
  if (step === undefined) return [];
  return step.kind === "try" ? ["fixed", "not_fixed"] : [...outcomeIdsOf(step), ...reservedOutcomes];
}

interface DecidedAfter {
  readonly after: DecisionAfter;
  readonly judged: HeardJudges;
  readonly interval: RiskInterval | null;
}

function explainAfter(
  file: SituationFile,
  { after, judged, interval }: DecidedAfter,
  request: DecideRequest,
): Explanation {
  const { observations, isExplained, flipSolves } = request;
  const again = (situation: Situation): Decision | null => {
    const other = decideAfter(situation, observations, optionsOf(request));
    return other.ok ? other.value.decision : null;
  };
  return explainDecision(after.situation, after.decision, {
    start: file.situation,
    outlook: after.outlook,
    riskInterval: interval,
    flipSolves: isExplained ? flipSolves : 0,
    withoutOpinion: file.withoutOpinion === null ? null : again(hearAgain(file.withoutOpinion, judged.evidence)),
    withoutJudges: judged.evidence.length === 0 ? null : again(file.situation),
  });
}

/** The judges' answers still count without opinion, because their likelihoods multiply any priors. */
function hearAgain(situation: Situation, evidence: HeardJudges["evidence"]): Situation {
  const contexts = hearJudges(situation.contexts, evidence);
  return contexts.ok ? { ...situation, contexts: contexts.value } : situation;
}

/**
 * A decision for scripts (`interlock.decision/1`). Values are in the situation's unit, risks are probabilities. Fields
 * are `null` if no policy keeps the limit and the situation names no escalation.
 */
export interface DecisionDocument {
  readonly format: "interlock.decision/1";
  /** The mean worth of the chosen policy. `risk` is its probability of catastrophe. */
  readonly value: number | null;
  readonly risk: number | null;
  /** The first step of the chosen policy. */
  readonly firstStep: string | null;
  /** The best policy if there were no limit. */
  readonly unlimited: { readonly value: number; readonly risk: number; readonly firstStep: string };
  /** The response that the situation names as the average plan, done at once. */
  readonly averagePlan: { readonly action: string; readonly value: number; readonly risk: number };
  /** The smallest risk of all policies. */
  readonly minimumRisk: number;
  /** The risk of the chosen policy if its probes told nothing. */
  readonly riskIfSensorsLie: number | null;
  /** The number of nodes in the tree of the chosen policy. */
  readonly nodeCount: number | null;
  /** The chosen policy as a tree, with belief, worth and risk after every history. */
  readonly policy: PolicyTree | null;
  /** What is not proven about the policy. Absent where it is the best one there is. */
  readonly bound?: DecisionBound;
  /** Why the decision is to hand over at once; `null` when it is something else. */
  readonly handover: HandoverReason | null;
  /** The limits that the situation declares. Nothing computed is called a limit. */
  readonly limit: number;
  readonly limitGivenEvidence: number;
  /** What the steps taken so far have used of the limit. */
  readonly riskSpent: number;
  /** The part of `risk` that the limit counts: what may happen after a hand-over is left out. */
  readonly ownRisk: number | null;
  /** Whether the limit is kept over the credible set of the counts. Absent where nothing that matters is a count. */
  readonly isLimitKeptOverCredibleSet?: boolean;
  /** The posterior of the risk that the limit counts. Absent where nothing that matters is a count. */
  readonly riskInterval?: RiskInterval;
  /** Numbers that are allowed and probably not meant. Absent where there are none. */
  readonly warnings?: readonly SituationWarning[];
  /** Present only with `isExplained` and without `as`. */
  readonly explanation?: Explanation & { readonly remedies: readonly LimitRemedy[] };
}

function decisionDocument(
  start: Situation,
  { situation, decision }: DecisionAfter,
  interval: RiskInterval | null,
  explanation: Explanation | null,
): DecisionDocument {
  const chosen = decision.kind === "decided" ? decision.chosen : null;
  const average = solveAveragePlan(situation);
  const warnings = situationWarnings(situation);
  const counted = countedRisk(start, situation, (chosen ?? decision.minimumRisk).policy);
  return {
    format: "interlock.decision/1",
    value: chosen?.value ?? null,
    risk: chosen?.risk ?? null,
    firstStep: chosen === null ? null : firstMoveOf(chosen.policy),
    unlimited: {
      value: decision.unlimited.value,
      risk: decision.unlimited.risk,
      firstStep: firstMoveOf(decision.unlimited.policy),
    },
    averagePlan: { action: situation.averagePlan, value: average.value, risk: average.risk },
    minimumRisk: decision.minimumRisk.risk,
    riskIfSensorsLie: chosen === null ? null : riskIfSensorsLie(situation, chosen.policy),
    nodeCount: chosen === null ? null : countPolicyNodes(chosen.policy),
    ...(decision.kind === "decided" && decision.bound !== null ? { bound: decision.bound } : {}),
    handover: decision.kind === "decided" ? decision.handover : null,
    limit: situation.limit,
    limitGivenEvidence: situation.limitGivenEvidence,
    riskSpent: situation.riskSpent,
    ownRisk: chosen?.ownRisk ?? null,
    policy: chosen === null ? null : policyTree(situation, chosen.policy),
    ...(counted === null ? {} : { isLimitKeptOverCredibleSet: counted.isLimitKept }),
    ...(interval === null ? {} : { riskInterval: interval }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(explanation === null
      ? {}
      : { explanation: { ...explanation, remedies: decision.kind === "infeasible" ? decision.remedies : [] } }),
  };
}
