/** What a planner under uncertainty must do, in five sentences. Each sentence is a group of claims here. */
import { describe, expect, it } from "vitest";
import { invariant } from "../value/invariant.ts";
import { beliefAfter } from "./belief.ts";
import { type Decision, firstMoveOf, type Observation, policyAfter } from "./policy.ts";
import { parseCard } from "./situation/parse-card.ts";
import { readCard } from "./situation/read-card.fixture.ts";
import type { Situation } from "./situation/situation.ts";
import { solveAveragePlan, solveEachResponse, valueOfPerfectInformation } from "./solve/comparison-policies.ts";
import { evaluatePolicy } from "./solve/evaluate-policy.ts";
import { policyHistories } from "./solve/policy-histories.ts";
import { decideSituation } from "./solve/solve-limited.ts";

function decide(situation: Situation): Decision {
  const decision = decideSituation(situation);
  invariant(decision.ok, "a situation of these tests is small");
  return decision.value;
}

function decided(situation: Situation): Decision & { readonly kind: "decided" } {
  const decision = decide(situation);
  invariant(decision.kind === "decided", "a situation of these tests has a policy within its limit");
  return decision;
}

function withoutEscalation(situation: Situation): Situation {
  return { ...situation, escalation: null, responses: situation.responses.filter(({ kind }) => kind === "act") };
}

/** Action A works in 80 % of cases and fails severely in 20 %; action B is slower and safe in all of them. */
function eightyTwenty(
  change: { readonly limit?: number; readonly catastropheUtility?: number; readonly cost?: number } = {},
): Situation {
  const card = parseCard({
    id: "eighty-twenty",
    contexts: [
      { id: "FINE", prior: 0.8 },
      { id: "HAZARD", prior: 0.2 },
    ],
    catastropheUtility: change.catastropheUtility ?? -100,
    maxCatastropheProbability: change.limit ?? 0.05,
    maxSteps: 1,
    steps: [
      {
        id: "look",
        kind: "probe",
        cost: change.cost ?? 1,
        outcomes: ["fine", "hazard"],
        likelihood: { FINE: [0.99, 0.01], HAZARD: [0.05, 0.95] },
      },
    ],
    commits: [
      { id: "A", utility: 10, catastrophe: { HAZARD: 1 } },
      { id: "B", utility: 2, catastrophe: 0 },
      { id: "ask", kind: "escalate", utility: 0, catastrophe: 0 },
    ],
  });
  invariant(card.ok, "the example is a card");
  return card.value;
}

/** Bayes' rule for one observation, as textbooks write it. */
function bayes(prior: readonly number[], likelihood: readonly number[]): number[] {
  const joint = prior.map((p, c) => p * (likelihood[c] ?? 0));
  const evidence = joint.reduce((sum, p) => sum + p, 0);
  return joint.map((p) => p / evidence);
}

describe("Maintain an explicit belief over hidden states of the world.", () => {
  it("every history of a policy has a probability for every context, and they sum to 1", () => {
    const { situation } = readCard("s3-suspicious-host");
    const histories = policyHistories(situation, decided(situation).chosen.policy);

    expect(histories.length).toBe(29);
    for (const { probabilityByContext } of histories) {
      expect(probabilityByContext.length).toBe(situation.contexts.length);
      expect(probabilityByContext.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }
  });

  it("without evidence the belief is the prior", () => {
    const { situation } = readCard("s1-latency-spike");

    expect(beliefAfter(situation, [])).toEqual({
      ok: true,
      value: { probabilityByContext: situation.contexts.map(({ prior }) => prior), evidenceProbability: 1 },
    });
  });
});

describe("Update that belief as new observations arrive.", () => {
  it("one observation is Bayes' rule: 0.25 · 0.92 of all ways to see contention come from DB", () => {
    const { situation } = readCard("s1-latency-spike");
    const belief = beliefAfter(situation, [{ step: "check_db_locks", outcome: "contention" }]);

    const contention = 0.5 * 0.2 + 0.25 * 0.92 + 0.15 * 0.25 + 0.1 * 0.15;
    expect(belief.ok && belief.value.evidenceProbability).toBeCloseTo(contention, 15);
    expect(belief.ok && belief.value.probabilityByContext[1]).toBeCloseTo((0.25 * 0.92) / contention, 15);
  });

  it("many observations at once are the same as one after the other", () => {
    const { situation } = readCard("s3-suspicious-host");
    const evidence = [
      { step: "edr_process_tree", outcome: "no_agent" },
      { step: "netflow_beaconing", outcome: "beacon" },
      { step: "watch_30m", outcome: "quiet" },
    ];
    const atOnce = beliefAfter(situation, evidence);

    let oneByOne = situation.contexts.map(({ prior }) => prior);
    for (const { step: id, outcome } of evidence) {
      const step = situation.steps.find((candidate) => candidate.id === id);
      invariant(step !== undefined && step.kind !== "try", "the evidence names probes");
      const row = step.outcomes.find((candidate) => candidate.id === outcome)?.likelihoodByContext ?? [];
      oneByOne = bayes(
        oneByOne,
        row.map((p, c) => p * (1 - (step.catastropheByContext[c] ?? 0))),
      );
    }
    oneByOne.forEach((p, c) => expect(atOnce.ok && atOnce.value.probabilityByContext[c]).toBeCloseTo(p, 14));
  });

  it("a missing answer is never a no: the belief stays as it was", () => {
    const { situation } = readCard("s1-latency-spike");

    expect(beliefAfter(situation, [{ step: "check_db_locks", outcome: "no_answer" }])).toEqual(
      beliefAfter(situation, []),
    );
  });

  it("evidence no context explains is refused, not normalised away", () => {
    const { situation } = readCard("s1-latency-spike");
    const onlyLoad = {
      ...situation,
      contexts: situation.contexts.map(({ id }, c) => ({ id, prior: c === 0 ? 1 : 0 })),
      steps: situation.steps.map((step) =>
        step.kind === "probe"
          ? { ...step, outcomes: step.outcomes.map((one, o) => ({ ...one, likelihoodByContext: [o, 0.5, 0.5, 0.5] })) }
          : step,
      ),
    };

    expect(beliefAfter(onlyLoad, [{ step: "check_traffic", outcome: "surge" }]).ok).toBe(false);
  });

  it("what is expected next follows the belief", () => {
    const { situation } = readCard("s1-latency-spike");
    const evidence = (observations: readonly Observation[]): number => {
      const belief = beliefAfter(situation, observations);
      return belief.ok ? belief.value.evidenceProbability : Number.NaN;
    };
    const normal = { step: "check_traffic", outcome: "normal" };
    const recent = { step: "check_deploys", outcome: "recent" };
    const before = evidence([recent]);
    const after = evidence([normal, recent]) / evidence([normal]);

    expect(before).toBeCloseTo(0.5 * 0.2 + 0.25 * 0.25 + 0.15 * 0.95 + 0.1 * 0.2, 14);
    expect(after).toBeGreaterThan(before);
  });
});

describe("Evaluate actions based on expected outcomes and risks.", () => {
  it("A is worth 0.8 · 10 + 0.2 · (−100) at a risk of 0.2: not the answer, although it works in 80 % of cases", () => {
    const [a, b] = solveEachResponse(eightyTwenty());

    expect(a?.value).toBeCloseTo(-12, 12);
    expect(a?.risk).toBeCloseTo(0.2, 12);
    expect(b?.value).toBeCloseTo(2, 12);
    expect(firstMoveOf(solveAveragePlan(eightyTwenty()).policy)).toBe("A");
  });

  it("when failure is cheap enough, the same arithmetic chooses A", () => {
    expect(firstMoveOf(decided(eightyTwenty({ catastropheUtility: -10, limit: 1, cost: 50 })).chosen.policy)).toBe("A");
  });

  it("a better policy that breaks the limit is not chosen, and none within it is worth more than the bound", () => {
    const { situation } = readCard("s1-latency-spike");
    const decision = decided(situation);

    expect(decision.unlimited.risk).toBeGreaterThan(situation.limit);
    expect(decision.chosen.risk).toBeLessThanOrEqual(situation.limit);
    expect(decision.chosen.value).toBeLessThan(decision.unlimited.value);
    expect(decision.chosen.value).toBeLessThanOrEqual(decision.upperBound);
  });
});

describe("Choose information-gathering actions when uncertainty is high.", () => {
  it("at 80/20 the policy looks first; once it is sure of either, it does not", () => {
    const uncertain = eightyTwenty();
    const certain = {
      ...uncertain,
      contexts: [
        { id: "FINE", prior: 0.9999 },
        { id: "HAZARD", prior: 0.0001 },
      ],
    };

    const { policy } = decided(uncertain).chosen;
    expect(firstMoveOf(policy)).toBe("look");
    expect(policyAfter(policy, [{ step: "look", outcome: "fine" }])).toEqual({ kind: "commit", response: "A" });
    expect(policyAfter(policy, [{ step: "look", outcome: "hazard" }])).toEqual({ kind: "commit", response: "B" });
    expect(firstMoveOf(decided(certain).chosen.policy)).toBe("A");
  });

  it("a probe that costs more than it tells is not taken", () => {
    expect(firstMoveOf(decided(eightyTwenty({ cost: 7 })).chosen.policy)).toBe("B");
  });

  it("no policy is worth more than knowing the context for nothing", () => {
    for (const name of ["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const) {
      const { situation } = readCard(name);
      expect(decided(situation).unlimited.value).toBeLessThanOrEqual(valueOfPerfectInformation(situation));
    }
  });
});

describe("Decide not to act when the risk of being wrong is unacceptable.", () => {
  it("beliefs in which acting is too risky lead to a person", () => {
    const { situation } = readCard("s1-latency-spike");
    const { policy } = decided(situation).chosen;
    const history = [
      { step: "check_deploys", outcome: "none" },
      { step: "check_db_locks", outcome: "clean" },
      { step: "check_traffic", outcome: "normal" },
      { step: "check_breaker_state", outcome: "closed" },
    ];

    expect(policyAfter(policy, history)).toEqual({ kind: "commit", response: "escalate_oncall" });
  });

  it("a limit of 0 leaves no act that can end in catastrophe under any context still possible", () => {
    const { situation } = readCard("s1-latency-spike");
    const cautious = decided({ ...situation, limit: 0 });

    expect(cautious.chosen.risk).toBe(0);
    expect(evaluatePolicy(situation, cautious.chosen.policy).riskSources).toEqual([]);
  });

  it("where nothing keeps the limit the decision is to hand over, marked so", () => {
    const { situation } = readCard("s3-suspicious-host");

    const { chosen, handover } = decided({ ...situation, limit: 0.0001 });

    expect(chosen.policy).toEqual({ kind: "commit", response: "escalate_soc_l3" });
    expect(handover).toEqual({ kind: "nothing_keeps_limit" });
  });

  it("without an escalation it is refused, with the smallest risk and what would have to change", () => {
    const situation = withoutEscalation(readCard("s3-suspicious-host").situation);
    const decision = decide({ ...situation, limit: 0.0001 });

    invariant(decision.kind === "infeasible", "every response of the card runs more risk than 0.0001");
    expect(decision.minimumRisk.risk).toBeCloseTo(0.00056, 12);
    expect(decision.remedies[0]).toEqual({ kind: "raise_limit", to: decision.minimumRisk.risk });
    const lower = decision.remedies.find((remedy) => remedy.kind === "lower_catastrophe");
    expect(lower).toMatchObject({ of: "isolate_host", context: "COMPROMISED", from: 0.004 });
    expect(decided({ ...situation, limit: decision.minimumRisk.risk }).chosen.risk).toBe(decision.minimumRisk.risk);
  });

  it("each remedy, taken alone, makes the limit keepable", () => {
    const situation = withoutEscalation(readCard("s3-suspicious-host").situation);
    const limit = 0.0005;
    const decision = decide({ ...situation, limit });
    invariant(decision.kind === "infeasible", "0.0005 is below the smallest risk");

    for (const remedy of decision.remedies) {
      const changed =
        remedy.kind === "raise_limit"
          ? { ...situation, limit: remedy.to }
          : {
              ...situation,
              limit: limit * (1 + 1e-9),
              responses: situation.responses.map((response) =>
                response.id !== remedy.of
                  ? response
                  : {
                      ...response,
                      catastropheByContext: response.catastropheByContext.map((p, c) =>
                        situation.contexts[c]?.id === remedy.context ? remedy.to : p,
                      ),
                    },
              ),
            };
      expect(decide(changed).kind).toBe("decided");
    }
    expect(decision.remedies.length).toBeGreaterThan(1);
  });
});
