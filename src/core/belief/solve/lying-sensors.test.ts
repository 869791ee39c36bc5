import { expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import type { Policy } from "../policy.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { riskIfInformedSensorsLie, riskIfSensorsLie } from "./lying-sensors.ts";
import { decideSituation } from "./solve-limited.ts";

function chosenFor(situation: Situation): { readonly policy: Policy; readonly risk: number } {
  const decision = decideSituation(situation);
  invariant(decision.ok && decision.value.kind === "decided", "the published cards are decided");
  return decision.value.chosen;
}

/** By brute force: a liar who sees no context picks one path, and the prior carried along that path is the risk. */
function worstPath(situation: Situation, policy: Policy, weights: readonly number[]): number {
  const risk = (rates: readonly number[]): number =>
    weights.reduce((sum, weight, c) => sum + weight * (rates[c] ?? 0), 0);
  if (policy.kind === "commit")
    return risk(situation.responses.find(({ id }) => id === policy.response)?.catastropheByContext ?? []);
  const step = situation.steps.find(({ id }) => id === policy.step);
  const rates = step?.catastropheByContext ?? [];
  const next = weights.map(
    (weight, c) => weight * (1 - (rates[c] ?? 0)) * (step?.kind === "try" ? 1 - (step.pFixedByContext[c] ?? 0) : 1),
  );
  return risk(rates) + Math.max(...policy.on.map(({ then }) => worstPath(situation, then, next)));
}

it.each(["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const)(
  "lies about %s reach what the worst path of its policy risks",
  (name) => {
    const { situation } = readCard(name);
    const { policy, risk } = chosenFor(situation);

    const lied = riskIfSensorsLie(situation, policy);
    expect(lied).toBeCloseTo(
      worstPath(
        situation,
        policy,
        situation.contexts.map(({ prior }) => prior),
      ),
      14,
    );
    expect(lied).toBeGreaterThanOrEqual(risk);
  },
);

it("lies about the latency spike can have it scaled out under every context: 0.1105, forty times the limit", () => {
  const { situation } = readCard("s1-latency-spike");

  expect(riskIfSensorsLie(situation, chosenFor(situation).policy)).toBeCloseTo(0.1105, 12);
});

it("a liar who knows the context picks the worst response for each: 0.5·0.01 + 0.25·0.35 + 0.15·0.02 + 0.1·0.2", () => {
  const { situation } = readCard("s1-latency-spike");

  expect(riskIfInformedSensorsLie(situation, chosenFor(situation).policy)).toBeCloseTo(0.1155, 12);
});

it("where nobody else controls a probe there is nothing to lie about", () => {
  const { situation } = readCard("s3-suspicious-host");
  const ours = {
    ...situation,
    steps: situation.steps.map((step) => (step.kind === "try" ? step : { ...step, external: false })),
  };
  const { policy, risk } = chosenFor(ours);

  expect(riskIfSensorsLie(ours, policy)).toBeCloseTo(risk, 14);
});

it("withholding an answer leads to the escalation and what that risks", () => {
  const { situation } = readCard("s1-latency-spike");
  const riskyPage = {
    ...situation,
    responses: situation.responses.map((response) =>
      response.kind === "escalate" ? { ...response, catastropheByContext: [0.3, 0.3, 0.3, 0.3] } : response,
    ),
  };
  const policy: Policy = {
    kind: "do",
    step: "check_traffic",
    on: ["surge", "normal"].map((outcome) => ({
      outcome,
      isSurprise: false,
      then: { kind: "commit", response: "throttle_and_fix_db" } as const,
    })),
  };

  expect(riskIfSensorsLie(riskyPage, policy)).toBeCloseTo(0.3, 14);
});
