import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decision, firstMoveOf } from "../policy.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { evaluatePolicy } from "../solve/evaluate-policy.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { listAlternatives } from "./alternatives.ts";
import { type AnnotatedCommit, type AnnotatedPolicy, annotatePolicy } from "./annotate.ts";
import { testBeliefNeeded } from "./belief-needed.ts";
import { explainDecision } from "./explain.ts";
import { analyseFlips } from "./flips.ts";
import { informationValue } from "./information.ts";
import { listKnobs, readKnob, turnKnob } from "./knobs.ts";

function decide(situation: Situation): Extract<Decision, { kind: "decided" }> {
  const decided = decideSituation(situation);
  if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
  return decided.value;
}

function withoutEscalation(situation: Situation): Situation {
  return { ...situation, escalation: null, responses: situation.responses.filter(({ kind }) => kind === "act") };
}

const names = ["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const;

describe("alternatives", () => {
  it.each(names)("the best alternative within the limit is the decision, and one is chosen: %s", (name) => {
    const { situation } = readCard(name);
    const decision = decide(situation);

    const alternatives = listAlternatives(situation, decision);

    expect(Math.max(...alternatives.map((one) => one.withinLimit?.value ?? -Infinity))).toBeCloseTo(
      decision.chosen.value,
      9,
    );
    expect(Math.max(...alternatives.map((one) => one.unlimited?.value ?? -Infinity))).toBeCloseTo(
      decision.unlimited.value,
      9,
    );
    expect(alternatives.filter((one) => one.verdict.kind === "chosen").map((one) => one.move)).toEqual([
      firstMoveOf(decision.chosen.policy),
    ]);
  });

  it.each(names)("a response as first move has the published figures of committing at once: %s", (name) => {
    const { situation, answers } = readCard(name);

    for (const one of listAlternatives(situation, decide(situation))) {
      const published = answers.allCommitsAtPrior[one.move];
      if (published === undefined) continue;
      expect(one.unlimited?.value).toBeCloseTo(published[0], 5);
      expect(one.unlimited?.risk).toBeCloseTo(published[1], 5);
    }
  });

  it("an alternative is forbidden exactly when its smallest risk exceeds the limit", () => {
    for (const name of names) {
      const { situation } = readCard(name);
      for (const one of listAlternatives(situation, decide(situation))) {
        expect(one.verdict.kind === "over_limit").toBe((one.minimumRisk ?? 0) > situation.limit);
        expect(one.withinLimit === null).toBe(one.verdict.kind === "over_limit");
      }
    }
  });
});

function leavesOf(policy: AnnotatedPolicy): readonly AnnotatedCommit[] {
  return policy.kind === "commit" ? [policy] : policy.branches.flatMap((branch) => leavesOf(branch.then));
}

describe("annotated policy", () => {
  it("weighting the leaves by their probability and adding what steps cost gives value and risk of the whole", () => {
    for (const name of names) {
      const { situation } = readCard(name);
      const { policy } = decide(situation).chosen;
      const whole = evaluatePolicy(situation, policy);

      expect(foldValue(situation, annotatePolicy(situation, policy))).toBeCloseTo(whole.value, 9);
      expect(foldRisk(annotatePolicy(situation, policy))).toBeCloseTo(whole.risk, 12);
    }
  });

  it("probabilities of leaves, fixes and catastrophes in steps sum to 1", () => {
    const { situation } = readCard("s1-latency-spike");
    const annotated = annotatePolicy(situation, decide(situation).chosen.policy);

    const leaves = leavesOf(annotated).reduce((sum, leaf) => sum + leaf.figures.probability, 0);

    expect(leaves + endedInSteps(annotated)).toBeCloseTo(1, 12);
  });
});

function foldValue(situation: Situation, node: AnnotatedPolicy): number {
  const { probability, probabilityByContext } = node.figures;
  const mean = (numbers: readonly number[]): number =>
    probabilityByContext.reduce((sum, weight, index) => sum + weight * (numbers[index] ?? 0), 0);
  if (node.kind === "commit") {
    const { catastropheByContext, utilityByContext } = node.response;
    return (
      probability *
      mean(utilityByContext.map((u, c) => u + (catastropheByContext[c] ?? 0) * (situation.catastropheUtility - u)))
    );
  }
  const { step } = node;
  const fixed =
    step.kind === "try"
      ? mean(
          step.pFixedByContext.map(
            (p, c) => p * (1 - (step.catastropheByContext[c] ?? 0)) * (step.fixedUtilityByContext[c] ?? 0),
          ),
        )
      : 0;
  const here = probability * (node.stepRisk * situation.catastropheUtility - mean(step.costByContext) + fixed);
  return node.branches.reduce((sum, branch) => sum + foldValue(situation, branch.then), here);
}

function foldRisk(node: AnnotatedPolicy): number {
  const { probability, probabilityByContext } = node.figures;
  if (node.kind === "commit")
    return (
      probability *
      probabilityByContext.reduce((sum, weight, c) => sum + weight * (node.response.catastropheByContext[c] ?? 0), 0)
    );
  return node.branches.reduce((sum, branch) => sum + foldRisk(branch.then), probability * node.stepRisk);
}

function endedInSteps(node: AnnotatedPolicy): number {
  if (node.kind === "commit") return 0;
  return node.branches.reduce(
    (sum, branch) => sum + endedInSteps(branch.then),
    node.figures.probability * (node.stepRisk + node.fixedProbability),
  );
}

describe("flip analysis", () => {
  // The published ranges step by 0.005, leave out 0 and 1, and end where another first step is merely as good; ours go
  // on there.
  it.each(names)(
    "the range of each prior holds the published one, and ends with it where nothing is tied: %s",
    (name) => {
      const { situation } = readCard(name);
      const free = { ...situation, limit: 1 };

      const flips = analyseFlips(free, decide(free), { solveBudget: 60, indifference: 0 });

      for (const { knob, down, up } of flips.ranges) {
        const published = knob.kind === "prior" ? publishedRanges[name][knob.context] : undefined;
        if (published === undefined) continue;
        expect(down.to).toBeLessThanOrEqual(published.low + 0.0051);
        expect(up.to).toBeGreaterThanOrEqual(published.high - 0.0051);
        if (!published.tied.includes("low")) expect(down.to).toBeGreaterThanOrEqual(published.low - 0.0101);
        if (!published.tied.includes("high")) expect(up.to).toBeLessThanOrEqual(published.high + 0.0101);
      }
    },
  );

  it("inside a range the first step is the old one, and beyond its end it is the one named", () => {
    const { situation } = readCard("s1-latency-spike");
    const decision = decide(situation);
    const flips = analyseFlips(situation, decision, { solveBudget: 50, indifference: 0 });

    for (const { knob, down, up, resolution } of flips.ranges) {
      for (const [side, sign] of [
        [down, -1],
        [up, 1],
      ] as const) {
        expect(firstMoveOf(decide(turnKnob(situation, knob, side.to)).chosen.policy)).toBe(
          firstMoveOf(decision.chosen.policy),
        );
        if (side.kind !== "flips") continue;
        const beyond = decide(turnKnob(situation, knob, side.to + sign * resolution));
        expect(firstMoveOf(beyond.chosen.policy)).not.toBe(firstMoveOf(decision.chosen.policy));
      }
    }
  });

  it("the budget bounds the solves, and what it did not reach is counted", () => {
    const { situation } = readCard("s1-latency-spike");

    const flips = analyseFlips(situation, decide(situation), { solveBudget: 10, indifference: 0 });

    expect(flips.ranges.length).toBeGreaterThan(0);
    expect(flips.ranges.length + flips.unexaminedCount).toBe(listKnobs(situation).length);
  });

  it("turning a number changes it alone and leaves every row summing to 1", () => {
    const { situation } = readCard("s3-suspicious-host");
    const knobs = listKnobs(situation);

    fc.assert(
      fc.property(fc.constantFrom(...knobs), fc.double({ min: 0, max: 1, noNaN: true }), (knob, value) => {
        const turned = turnKnob(situation, knob, value);

        expect(readKnob(turned, knob)).toBe(value);
        expect(turned.contexts.reduce((sum, context) => sum + context.prior, 0)).toBeCloseTo(1, 12);
        for (const step of turned.steps) {
          if (step.kind === "try") continue;
          turned.contexts.forEach((_, c) =>
            expect(step.outcomes.reduce((sum, outcome) => sum + (outcome.likelihoodByContext[c] ?? 0), 0)).toBeCloseTo(
              1,
              12,
            ),
          );
        }
      }),
      { numRuns: 100, seed: 5 },
    );
  });
});

interface PublishedRange {
  readonly low: number;
  readonly high: number;
  readonly tied: readonly ("low" | "high")[];
}

/** From the cards, field `firstStepPriorRange`; `tied` ends were seen to be ties between probes that commute. */
const publishedRanges: Readonly<Record<(typeof names)[number], Readonly<Record<string, PublishedRange>>>> = {
  "s0-two-context": { BENIGN: { low: 0.005, high: 0.895, tied: [] }, HAZARD: { low: 0.105, high: 0.995, tied: [] } },
  "s1-latency-spike": {
    LOAD: { low: 0.41, high: 0.805, tied: ["high"] },
    DB: { low: 0.08, high: 0.71, tied: [] },
    BUG: { low: 0.005, high: 0.4, tied: [] },
    CIRCUIT: { low: 0.065, high: 0.375, tied: [] },
  },
  "s3-suspicious-host": {
    BENIGN_SCAN: { low: 0.005, high: 0.845, tied: ["high"] },
    COMPROMISED: { low: 0.14, high: 0.645, tied: ["low"] },
    HONEYPOT: { low: 0.055, high: 0.095, tied: ["low", "high"] },
    MISCONFIG: { low: 0, high: 0.075, tied: [] },
  },
};

describe("value of information", () => {
  it("leaving a probe out costs exactly what the policy loses without it, and never less than nothing", () => {
    const { situation } = readCard("s1-latency-spike");
    const decision = decide(situation);

    for (const { step, inPlan } of informationValue(situation, decision).steps) {
      const without = decide({ ...situation, steps: situation.steps.filter((other) => other.id !== step) });
      expect(inPlan).toBeCloseTo(decision.chosen.value - without.chosen.value, 9);
      expect(inPlan).toBeGreaterThanOrEqual(0);
    }
  });

  it("where nothing keeps the limit there is no policy for a probe to be missing from", () => {
    const strict = { ...withoutEscalation(readCard("s3-suspicious-host").situation), limit: 0.0001 };
    const decided = decideSituation(strict);
    if (!decided.ok) throw new Error("was not decided");

    expect(informationValue(strict, decided.value).steps.map((step) => step.inPlan)).toEqual(
      strict.steps.map(() => null),
    );
  });

  it("a probe alone is worth what Bayes' rule by hand says, for a fast and a safe way", () => {
    // 0.8·0.9 + 0.2·0.2 = 0.76 looks benign; A there: 0.72·10 − 0.04·100 = 3.2 joint, B: 0.76·6 = 4.56. So B after
    // either answer: 6 − 1.
    const { situation } = readCard("s0-two-context");

    const { perfectInformation, steps } = informationValue(situation, decide(situation));

    expect(steps[0]?.alone).toBeCloseTo(-1, 12);
    expect(perfectInformation).toBeCloseTo(0.8 * 10 + 0.2 * 6 - 6, 12);
  });
});

describe("whether a belief is needed at all", () => {
  const { situation } = readCard("s0-two-context");

  it("it is, when plausible contexts recommend different responses", () => {
    expect(testBeliefNeeded(situation)).toMatchObject({ isNeeded: true, shared: null });
  });

  it("it is, when all recommend one response but being wrong about an implausible context is catastrophic", () => {
    const almostSure = {
      ...situation,
      contexts: [
        { id: "BENIGN", prior: 0.995 },
        { id: "HAZARD", prior: 0.005 },
      ],
    };

    expect(testBeliefNeeded(almostSure)).toMatchObject({
      isNeeded: true,
      shared: "A_fast",
      wrong: { context: "HAZARD", risk: 1, isCheap: false },
    });
  });

  it("it is not, when all recommend one response and being wrong is cheap, or reversible, or detected in time", () => {
    const harmless: Situation = {
      ...situation,
      contexts: [
        { id: "BENIGN", prior: 0.995 },
        { id: "HAZARD", prior: 0.005 },
      ],
      responses: situation.responses.map((response) =>
        response.id === "A_fast"
          ? { ...response, utilityByContext: [10, 5.8], catastropheByContext: [0, 0] }
          : response,
      ),
    };
    const thresholds = { plausible: 0.01, cheapLoss: 0.25, reversible: [], detected: [] };

    expect(testBeliefNeeded(harmless, thresholds)).toMatchObject({
      isNeeded: false,
      shared: "A_fast",
      wrong: { isCheap: true },
    });
    expect(testBeliefNeeded(harmless, { ...thresholds, cheapLoss: 0.1 }).isNeeded).toBe(true);
    expect(testBeliefNeeded(harmless, { ...thresholds, cheapLoss: 0.1, reversible: ["A_fast"] }).isNeeded).toBe(false);
    expect(testBeliefNeeded(harmless, { ...thresholds, cheapLoss: 0.1, detected: ["A_fast"] }).isNeeded).toBe(false);
  });
});

it("what is plausible, cheap, reversible and detected is as the situation declares it, or the default", () => {
  const { situation } = readCard("s0-two-context");
  const declared = { ...situation, beliefTest: { plausible: 0.3, cheapLoss: 7, reversible: ["A_fast"], detected: [] } };

  expect(testBeliefNeeded(situation).thresholds).toEqual({
    plausible: 0.01,
    cheapLoss: expect.closeTo(0.4, 12),
    reversible: [],
    detected: [],
  });
  expect(testBeliefNeeded(declared)).toMatchObject({
    plausible: [{ context: "BENIGN" }],
    shared: "A_fast",
    thresholds: declared.beliefTest,
  });
  // Reversible does not help where it may be catastrophic beyond the limit.
  expect(testBeliefNeeded(declared).isNeeded).toBe(true);
});

describe("the explanation", () => {
  it("tells the person on call the first step, the price of the limit and the average plan, in one paragraph", () => {
    const { situation } = readCard("s1-latency-spike");
    const explanation = explainDecision(situation, decide(situation), {
      start: situation,
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });

    expect(explanation.paragraph).toBe(
      "The likeliest explanation is `LOAD` (50 %), then `DB` (25 %). " +
        "Look first, with `check_deploys`: its answer decides what follows. " +
        "The whole policy is worth −17.9 k$ of user impact (0 = no loss) and ends in catastrophe with probability " +
        "0.299 %. " +
        "Beginning with `check_db_locks` could be worth 0.95 more, but at a risk of 0.49 %, more than is allowed. " +
        "Your limit 0.3 %, spent 0 %, this policy 0.299 %. " +
        "The limit costs 0.95: without it the best policy would risk 0.49 %. " +
        "The average plan, `scale_out` at once, would be worth 45.3 less at a risk of 11.1 %.",
    );
    expect(explanation.limit).toMatchObject({ isBinding: true, cost: expect.closeTo(-16.950037 + 17.898371, 5) });
    expect(explanation.averagePlan).toMatchObject({
      action: "scale_out",
      value: expect.closeTo(-63.225, 6),
      risk: expect.closeTo(0.1105, 9),
    });
  });

  it("says what to do when nothing keeps the limit", () => {
    const strict = { ...withoutEscalation(readCard("s3-suspicious-host").situation), limit: 0.0001 };
    const decided = decideSituation(strict);
    if (!decided.ok) throw new Error("was not decided");

    const explanation = explainDecision(strict, decided.value, {
      start: strict,
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });

    expect(explanation.paragraph).toContain("Nothing keeps the limit of 0.01 %");
    expect(explanation.limit).toMatchObject({ cost: null, riskPrice: null, isBinding: true });
  });

  it("names whose text could move a terminal's cursor are shown inert", () => {
    const { situation } = readCard("s0-two-context");
    const hostile: Situation = {
      ...situation,
      contexts: [
        { id: "\u001b[2J", prior: 0.8 },
        { id: "HAZARD", prior: 0.2 },
      ],
    };

    const { paragraph } = explainDecision(hostile, decide(hostile), {
      start: hostile,
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });

    expect(paragraph).not.toContain("\u001b");
    expect(paragraph).toContain("\\u{1b}[2J");
  });
});

describe("what is told about the numbers", () => {
  const situationOf = (change: object = {}): Situation => {
    const parsed = parseSituation({
      format: "interlock.situation/1",
      id: "numbers",
      contexts: [
        { id: "A", prior: 0.5 },
        { id: "B", prior: 0.5 },
        { id: "unknown", prior: 0 },
      ],
      catastropheUtility: -100,
      limit: 0.05,
      horizon: 1,
      steps: [
        {
          id: "look",
          kind: "probe",
          cost: 0.1,
          outcomes: ["a", "b"],
          likelihood: { A: { counts: [20, 1] }, B: { counts: [1, 20] }, unknown: [0.5, 0.5] },
        },
      ],
      responses: [
        { id: "do_a", utility: { A: 0, B: -10 }, catastrophe: { B: 0.5 } },
        { id: "do_b", utility: { A: -10, B: 0 }, catastrophe: { A: 0.5 } },
        { id: "page", kind: "escalate", utility: -20 },
      ],
      ...change,
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    return parsed.value;
  };
  const explained = (situation: Situation) =>
    explainDecision(situation, decide(situation), {
      start: situation,
      flipSolves: 0,
      withoutOpinion: null,
      withoutJudges: null,
    });

  it("counts that are too few to be sure of the limit are told in the paragraph", () => {
    // The mean of a wrong answer is 1.5 of 22; its 95th percentile, and those of the others together, are far above.
    const { counted, paragraph } = explained(situationOf());

    expect(counted).toMatchObject({ isLimitKept: false, rowCount: 2, mass: 0.9 });
    expect(counted?.high).toBeGreaterThan(0.05);
    expect(paragraph).toContain("The limit is not kept over the 90 % credible set of the counts");
  });

  it("counts that are many say no more than that the limit is kept", () => {
    const likelihood = { A: { counts: [2000, 1] }, B: { counts: [1, 2000] }, unknown: [0.5, 0.5] };
    const [step] = [{ id: "look", kind: "probe", cost: 0.1, outcomes: ["a", "b"], likelihood }];

    const { counted, paragraph } = explained(situationOf({ steps: [step] }));

    expect(counted).toMatchObject({ isLimitKept: true });
    expect(paragraph).not.toContain("credible set");
  });

  it("warns of a catastrophe that is worth more than a response, and of a person priced as if nobody came", () => {
    const cheap = explained(situationOf({ catastropheUtility: -5 }));
    const lonely = explained(situationOf());
    const priced = explained(
      situationOf({
        responses: [
          { id: "do_a", utility: { A: 0, B: -10 } },
          { id: "page", kind: "escalate", utility: -5 },
        ],
      }),
    );

    expect(cheap.warnings).toContainEqual({ kind: "catastrophe_beats_response", response: "do_a", context: "B" });
    expect(lonely.warnings).toEqual([{ kind: "nobody_comes", response: "page" }]);
    expect(priced.warnings).toEqual([]);
  });
});
