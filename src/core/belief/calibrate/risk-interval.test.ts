import { describe, expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { createRng } from "../../value/rng.ts";
import { decideAfter } from "../explain/after.ts";
import type { Observation } from "../policy.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { betaInterval } from "../statistics/beta.ts";
import { drawDirichlet } from "../statistics/draw-dirichlet.ts";
import { riskInterval } from "./risk-interval.ts";

/** A probe whose row under BAD rests on so many incidents. After `quiet` the act is done, and is wrong under BAD. */
function situationOf(incidents: number) {
  const parsed = parseSituation({
    format: "interlock.situation/1",
    id: "counted",
    contexts: [
      { id: "GOOD", prior: 0.5 },
      { id: "BAD", prior: 0.5 },
      { id: "unknown", prior: 0 },
    ],
    catastropheUtility: -100,
    limit: 0.5,
    horizon: 1,
    steps: [
      {
        id: "look",
        kind: "probe",
        exact: true,
        outcomes: ["quiet", "loud"],
        likelihood: {
          GOOD: [1, 0],
          BAD: { counts: [0.1 * incidents, 0.9 * incidents], opinion: [0, 1], source: "a year" },
          unknown: [0.5, 0.5],
        },
      },
    ],
    responses: [
      { id: "act", utility: 0, catastrophe: { GOOD: 0, BAD: 1, unknown: 1 } },
      { id: "page", kind: "escalate", utility: -20 },
    ],
  });
  invariant(parsed.ok, parsed.ok ? "" : JSON.stringify(parsed.error));
  return parsed.value;
}

function intervalOf(incidents: number, seen: readonly Observation[] = []) {
  const start = situationOf(incidents);
  const after = decideAfter(start, seen);
  invariant(after.ok && after.value.decision.kind === "decided", "the situation is decided");
  return riskInterval(start, after.value.situation, after.value.decision.chosen.policy);
}

describe("the posterior of a risk", () => {
  it("has the quantiles of the one row that it rests on", () => {
    // The policy acts after `quiet` alone, so its risk is P(BAD) · P(quiet | BAD).
    const interval = intervalOf(40);
    const exact = betaInterval({ alpha: 4.5, beta: 37.5 }, 0.9);

    invariant(interval !== null, "the row is counted");
    expect(interval.low).toBeCloseTo(0.5 * exact.low, 2);
    expect(interval.high).toBeCloseTo(0.5 * exact.high, 2);
    expect(interval.median).toBeGreaterThan(interval.low);
    expect(interval.median).toBeLessThan(interval.high);
  });

  it("narrows as incidents are counted, and tells them from opinion and half counts", () => {
    const [few, many] = [intervalOf(10), intervalOf(4000)];

    invariant(few !== null && many !== null, "the row is counted");
    expect(many.high - many.low).toBeLessThan(0.2 * (few.high - few.low));
    expect(few).toMatchObject({ mass: 0.9, seenCount: 10, opinionCount: 1, halfCount: 1 });
  });

  it("is that of the act given what was seen, once the step was taken", () => {
    const interval = intervalOf(40, [{ step: "look", outcome: "quiet" }]);

    // P(BAD | quiet) = q / (1 + q) where q is P(quiet | BAD), around a tenth.
    invariant(interval !== null, "the row is counted");
    expect(interval.median).toBeGreaterThan(0.07);
    expect(interval.median).toBeLessThan(0.12);
    expect(interval.low).toBeLessThan(0.06);
    expect(interval.high).toBeGreaterThan(0.14);
  });

  it("says in which share of it the limit is not kept", () => {
    const start = { ...situationOf(40), limit: 0.05 };
    const after = decideAfter(situationOf(40), []);
    invariant(after.ok && after.value.decision.kind === "decided", "the situation is decided");

    const { policy } = after.value.decision.chosen;
    const interval = riskInterval(start, { ...after.value.situation, limit: 0.05 }, policy);

    expect(interval?.overLimit).toBeGreaterThan(0.3);
    expect(interval?.overLimit).toBeLessThan(0.7);
  });
});

it("a drawn row has the mean and the spread of its Dirichlet distribution", () => {
  const rng = createRng(7);
  const draws = Array.from({ length: 20_000 }, () => drawDirichlet(rng, [0.5, 3, 6.5])[1] ?? 0);
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;

  expect(mean).toBeCloseTo(0.3, 2);
  expect(variance).toBeCloseTo((0.3 * 0.7) / 11, 3);
});
