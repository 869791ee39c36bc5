import { describe, expect, it } from "vitest";
import { firstMoveOf, policyAfter } from "../policy.ts";
import { type cardNames, readCard } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { policyHistories } from "../solve/policy-histories.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { decideAfter } from "./after.ts";

/** A card with a cap on every act and no risky looks, decided as a situation of our own would be. */
function cappedCard(name: (typeof cardNames)[number], horizon: number): Situation {
  const { situation } = readCard(name);
  const steps = situation.steps.filter((step) => step.catastropheByContext.every((risk) => risk === 0));
  return { ...situation, steps, horizon, limitGivenEvidence: situation.limit, limitCovers: "own_moves" };
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe("decideAfter", () => {
  it.each([
    ["s1-latency-spike", 4],
    ["s1-latency-spike", 2],
    ["s3-suspicious-host", 4],
    ["s3-suspicious-host", 2],
  ] as const)(
    "deciding anew after the answers that the policy asked for gives the policy's own continuation: %s, horizon %i",
    (name, horizon) => {
      const situation = cappedCard(name, horizon);
      const decided = decideSituation(situation);
      if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");

      for (const figures of policyHistories(situation, decided.value.chosen.policy)) {
        const after = decideAfter(situation, figures.history);

        if (!after.ok || after.value.decision.kind !== "decided")
          throw new Error(`was not decided after ${JSON.stringify(figures.history)}`);
        expect(after.value.decision.chosen.value).toBeCloseTo(figures.valueToGo, 9);
        expect(after.value.decision.chosen.risk).toBeCloseTo(figures.riskToGo, 12);
        expect(policyAfter(decided.value.chosen.policy, figures.history)).not.toBeNull();
      }
    },
  );

  it("the same answers give the same decision to the last bit, in whatever order they came", () => {
    const { situation } = readCard("s1-latency-spike");
    const strict = { ...situation, limit: 0.03, limitGivenEvidence: 0.03, limitCovers: "own_moves" } as const;
    const seen = [
      { step: "check_traffic", outcome: "normal" },
      { step: "wait_5m", outcome: "same_or_worse" },
      { step: "check_deploys", outcome: "recent" },
    ];

    const decisions = permutations(seen).map((order) => {
      const after = decideAfter(strict, order);
      if (!after.ok || after.value.decision.kind !== "decided") throw new Error("was not decided");
      const { chosen } = after.value.decision;
      return JSON.stringify([after.value.situation.riskSpent, chosen]);
    });

    expect(new Set(decisions).size).toBe(1);
  });

  it("a risky step spends what it risked, judged by all that was seen, and a read spends nothing", () => {
    // After `same_or_worse` the weights without the step's own survival are LOAD .225, DB .225, BUG .1425, CIRCUIT .09.
    const { situation } = readCard("s1-latency-spike");
    const answers = 0.225 + 0.225 + 0.1425 + 0.09;
    const expected = (0.225 * 0.01 + 0.09 * 0.02) / answers;

    const waited = decideAfter(situation, [{ step: "wait_5m", outcome: "same_or_worse" }]);
    const read = decideAfter(situation, [{ step: "check_traffic", outcome: "normal" }]);

    expect(waited.ok && waited.value.situation.riskSpent).toBeCloseTo(expected, 14);
    expect(read.ok && read.value.situation.riskSpent).toBe(0);
    expect(waited.ok && waited.value.situation.limit).toBe(situation.limit);
  });

  it("a step that gave no usable answer spends its risk too", () => {
    const { situation } = readCard("s1-latency-spike");

    const waited = decideAfter(situation, [{ step: "wait_5m", outcome: "no_answer" }]);

    expect(waited.ok && waited.value.situation.riskSpent).toBeCloseTo(0.25 * 0.01 + 0.1 * 0.02, 14);
  });

  it("the belief is told before and after every observation, by Bayes' rule", () => {
    const { situation } = readCard("s0-two-context");

    const after = decideAfter({ ...situation, horizon: 1 }, [{ step: "probe", outcome: "looks_hazard" }]);

    const [hazard, benign] = [0.2 * 0.8, 0.8 * 0.1];
    expect(after.ok && after.value.beliefs[0]).toEqual([0.8, 0.2]);
    expect(after.ok && after.value.beliefs[1]).toEqual([
      expect.closeTo(benign / (hazard + benign), 14),
      expect.closeTo(hazard / (hazard + benign), 14),
    ]);
  });

  it("an answer the policy never asked for is evidence from intake: the declared limit applies to what follows", () => {
    const { situation } = readCard("s1-latency-spike");

    const after = decideAfter(situation, [{ step: "check_db_locks", outcome: "contention" }]);

    expect(after.ok && after.value.standing.kind).toBe("off_policy");
    expect(after.ok && after.value.situation.limit).toBe(0.003);
    expect(
      after.ok && after.value.decision.kind === "decided" && firstMoveOf(after.value.decision.chosen.policy),
    ).not.toBe("check_db_locks");
  });

  it("a probe the policy asked that gives no usable answer hands over; one it never asked does not", () => {
    const { situation } = readCard("s1-latency-spike");

    const asked = decideAfter(situation, [{ step: "check_deploys", outcome: "no_answer" }]);
    const unasked = decideAfter(situation, [{ step: "check_traffic", outcome: "no_answer" }]);

    expect(asked.ok && asked.value.standing).toEqual({ kind: "handed_over", to: "escalate_oncall" });
    expect(unasked.ok && unasked.value.standing).toEqual({ kind: "off_policy" });
  });

  it("an unknown probe is refused with the name that was meant", () => {
    const { situation } = readCard("s1-latency-spike");

    const after = decideAfter(situation, [{ step: "check_db_lock", outcome: "contention" }]);

    expect(after.ok ? [] : after.error.map((one) => [one.code, one.hint])).toEqual([
      ["E_SITUATION_EVIDENCE", "did you mean `check_db_locks`?"],
    ]);
  });
});
