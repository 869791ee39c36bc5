import { describe, expect, it } from "vitest";
import { invariant } from "../value/invariant.ts";
import { beliefAfter, situationAfter } from "./belief.ts";
import { readCard } from "./situation/read-card.fixture.ts";
import { policyHistories } from "./solve/policy-histories.ts";
import { decideSituation } from "./solve/solve-limited.ts";
import { solveUnlimited } from "./solve/solve-unlimited.fixture.ts";

const { situation } = readCard("s1-latency-spike");

describe("evidence is refused", () => {
  it.each([
    ["of a step nobody declared", [{ step: "check_dns", outcome: "slow" }], "E_SITUATION_EVIDENCE /0/step"],
    [
      "of an outcome nobody declared",
      [{ step: "check_traffic", outcome: "surgge" }],
      "E_SITUATION_EVIDENCE /0/outcome",
    ],
    [
      "that contradicts itself: two answers of a probe taken once",
      [
        { step: "check_traffic", outcome: "surge" },
        { step: "check_traffic", outcome: "normal" },
      ],
      "E_SITUATION_EVIDENCE /1",
    ],
    ["after a fix ended the episode", [{ step: "try_flag_off", outcome: "fixed" }], "E_SITUATION_EVIDENCE /0/outcome"],
  ])("%s", (_, observations, expected) => {
    const belief = beliefAfter(situation, observations);

    expect(belief.ok ? [] : belief.error.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([expected]);
  });

  it("that no context explains", () => {
    const onlyLoad = {
      ...situation,
      contexts: situation.contexts.map(({ id }, c) => ({ id, prior: c === 0 ? 1 : 0 })),
      steps: situation.steps.map((step) =>
        step.kind === "probe"
          ? {
              ...step,
              outcomes: step.outcomes.map((outcome, o) => ({ ...outcome, likelihoodByContext: [o, 0.5, 0.5, 0.5] })),
            }
          : step,
      ),
    };
    const belief = beliefAfter(onlyLoad, [{ step: "check_traffic", outcome: "surge" }]);

    expect(belief.ok ? [] : belief.error.map(({ code }) => code)).toEqual(["E_SITUATION_EVIDENCE_IMPOSSIBLE"]);
  });
});

describe("what is left after observations", () => {
  it("is worth what the policy promised from there, at every history of the policy", () => {
    const optimum = solveUnlimited(situation);
    const histories = policyHistories(situation, optimum.policy);

    expect(histories.length).toBeGreaterThan(10);
    for (const { history, valueToGo, riskToGo, policy } of histories) {
      const rest = situationAfter(situation, history);
      invariant(rest.ok, "histories of a policy are possible");
      const again = solveUnlimited(rest.value);
      expect(again.value).toBeCloseTo(valueToGo, 10);
      expect(again.risk).toBeCloseTo(riskToGo, 10);
      expect(again.policy).toEqual(policy);
    }
  });

  it("keeps the parent's promise when its limit is the risk to go: nothing is gained by planning again", () => {
    const decision = decideSituation(situation);
    invariant(decision.ok && decision.value.kind === "decided", "the card is decided");
    const { policy } = decision.value.chosen;

    for (const { history, riskToGo, valueToGo } of policyHistories(situation, policy)) {
      const rest = situationAfter(situation, history);
      invariant(rest.ok, "histories of a policy are possible");
      const again = decideSituation({ ...rest.value, limit: riskToGo });
      invariant(again.ok && again.value.kind === "decided", "the policy itself keeps its risk to go");
      expect(again.value.chosen.value).toBeCloseTo(valueToGo, 10);
    }
  });

  it("has spent its uses and a step of the horizon for every observation", () => {
    const rest = situationAfter(situation, [{ step: "check_traffic", outcome: "surge" }]);

    invariant(rest.ok, "the observation is possible");
    expect([situation.horizon, rest.value.horizon]).toEqual([4, 3]);
    expect(rest.value.steps.map(({ id }) => id)).not.toContain("check_traffic");
  });
});

describe("figures by history", () => {
  it("risk spent and risk to go add up to the policy's risk: spent on the way, or still to come", () => {
    const { situation: host } = readCard("s3-suspicious-host");
    const decision = decideSituation(host);
    invariant(decision.ok && decision.value.kind === "decided", "the card is decided");
    const histories = policyHistories(host, decision.value.chosen.policy);

    const endings = histories.filter(({ policy }) => policy.kind === "commit");
    const toCome = endings.reduce((sum, { probability, riskToGo }) => sum + probability * riskToGo, 0);
    const alive = endings.reduce((sum, { probability }) => sum + probability, 0);
    expect(toCome + (1 - alive)).toBeCloseTo(decision.value.chosen.risk, 12);
    expect(histories[0]).toMatchObject({ riskSpent: 0, probability: 1 });
    expect(histories[0]?.riskToGo).toBeCloseTo(decision.value.chosen.risk, 12);
  });

  it("risk spent is what the steps taken could have cost, by what was known when each was taken", () => {
    const { situation: host } = readCard("s3-suspicious-host");
    const watched = [
      { step: "edr_process_tree", outcome: "no_agent" },
      { step: "watch_30m", outcome: "quiet" },
    ];
    const before = beliefAfter(host, watched.slice(0, 1));
    invariant(before.ok, "the history is possible");
    const hit = (before.value.probabilityByContext[1] ?? 0) * 0.06 + (before.value.probabilityByContext[4] ?? 0) * 0.02;
    const policy = {
      kind: "do",
      step: "edr_process_tree",
      on: [
        {
          outcome: "no_agent",
          isSurprise: false,
          then: {
            kind: "do",
            step: "watch_30m",
            on: ["spreads", "quiet"].map((outcome) => ({
              outcome,
              isSurprise: false,
              then: { kind: "commit", response: "escalate_soc_l3" } as const,
            })),
          },
        },
      ],
    } as const;

    const quiet = policyHistories(host, policy).find(
      ({ history }) => JSON.stringify(history) === JSON.stringify(watched),
    );
    expect(quiet?.riskSpent).toBeCloseTo(hit, 14);
  });
});
