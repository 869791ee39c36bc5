import { describe, expect, it } from "vitest";
import { firstMoveOf, policyAfter } from "../policy.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import { policyHistories } from "../solve/policy-histories.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { decideAfter } from "./after.ts";

describe("decideAfter", () => {
  it.each([
    ["s1-latency-spike", 4],
    ["s1-latency-spike", 2],
    ["s3-suspicious-host", 4],
    ["s3-suspicious-host", 2],
  ] as const)(
    "on its own policy, deciding anew within what is left gives the policy's own continuation: %s, horizon %i",
    (name, horizon) => {
      const situation = { ...readCard(name).situation, horizon };
      const decided = decideSituation(situation);
      if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");

      for (const figures of policyHistories(situation, decided.value.chosen.policy)) {
        const after = decideAfter(situation, figures.history);
        if (!after.ok || after.value.decision.kind !== "decided")
          throw new Error(`was not decided after ${JSON.stringify(figures.history)}`);

        expect(after.value.decision.chosen.value).toBeCloseTo(figures.valueToGo, 9);
        expect(after.value.decision.chosen.risk).toBeLessThanOrEqual(figures.riskToGo * (1 + 1e-9));
        expect(policyAfter(decided.value.chosen.policy, figures.history)).not.toBeNull();
      }
    },
  );

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
