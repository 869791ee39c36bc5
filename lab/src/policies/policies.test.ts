import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { RIGHT_RESPONSES } from "../contract/actions.ts";
import type { Policy, PolicyView } from "../contract/episode.ts";
import { MAIN_FAULTS, type MainFault } from "../contract/faults.ts";
import { PROBE_NAMES, readProbe } from "../contract/probes.ts";
import { runTwinEpisode } from "../twin/episode.ts";
import { generateIncidents } from "../twin/incidents.ts";
import { drawContext, findPolicy, outcomeOf, POLICIES, PRIORS, stepwisePolicy } from "./index.ts";
import committed from "./likelihoods.json" with { type: "json" };
import { countLikelihoods, LIKELIHOODS_FORMAT, type Likelihoods, likelihoodOf, posteriorOf } from "./likelihoods.ts";

const TABLE: Likelihoods = { ...committed, format: LIKELIHOODS_FORMAT };

function policyNamed(name: string): Policy {
  const policy = POLICIES.find((entry) => entry.name === name);
  if (policy === undefined) throw new Error(`no policy ${name}`);
  return policy;
}

function rightShare(policy: Policy): number {
  const cases = MAIN_FAULTS.flatMap((fault) =>
    Array.from({ length: 10 }, (_, index) => ({ fault, seed: 500 + index })),
  );
  const right = cases.filter(
    ({ fault, seed }) =>
      runTwinEpisode({ fault, seed, policy }).episode.decision.response === RIGHT_RESPONSES[fault].right[0],
  );
  return right.length / cases.length;
}

describe("built-in policies", () => {
  it("the oracle always gives the right response, the average plan only under LOAD", () => {
    expect([rightShare(policyNamed("oracle")), rightShare(policyNamed("scale-out"))]).toEqual([1, 0.25]);
  });

  it("looking before choosing beats the average plan", () => {
    expect(rightShare(policyNamed("most-probable-uniform"))).toBeGreaterThan(0.75);
  });

  it("every added fact finds the right response at least as often, and one is not enough", () => {
    const shares = ["after-1-fact", "after-2-facts", "after-3-facts", "most-probable"].map((name) =>
      rightShare(policyNamed(name)),
    );

    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(shares[0]).toBeLessThan(0.75);
  });

  it("only the oracle is told the fault", () => {
    expect(POLICIES.filter((policy) => policy.needsTruth).map(({ name }) => name)).toEqual(["oracle"]);
  });

  it("the belief of the most probable context sums to 1", () => {
    const { decision } = runTwinEpisode({ fault: "BUG", seed: 3, policy: policyNamed("most-probable") }).episode;

    expect(Object.values(decision.belief).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });
});

describe("likelihoods", () => {
  it("follow Laplace's rule, and the posterior is Bayes' by hand", () => {
    const seen = (
      context: MainFault,
      normal: number,
      surge: number,
    ): { context: MainFault; outcomes: Record<string, string> }[] =>
      [...Array.from({ length: normal }, () => "normal"), ...Array.from({ length: surge }, () => "surge")].map(
        (traffic) => ({ context, outcomes: { traffic } }),
      );
    // The other probes were not read.
    const table = countLikelihoods([
      ...seen("LOAD", 0, 7),
      ...seen("DB", 7, 0),
      ...seen("BUG", 7, 0),
      ...seen("CIRCUIT", 7, 0),
    ]);

    const belief = posteriorOf(table, PRIORS.uniform, [{ probe: "traffic", outcome: "surge" }]);
    expect(likelihoodOf(table, "LOAD", { probe: "traffic", outcome: "surge" })).toBe(8 / 10);
    expect(belief.LOAD).toBeCloseTo(8 / 11, 12);
  });

  it("silence tells no context from another", () => {
    expect(posteriorOf(TABLE, PRIORS.essay, [{ probe: "locks", outcome: "no_answer" }])).toEqual(PRIORS.essay);
  });

  it("the committed table is what other incidents say, within 0.3", () => {
    const incidents = [...generateIncidents({ count: 160, seedFirst: 2_000_000, prior: "uniform", responses: "wait" })];
    const again = countLikelihoods(
      incidents.map(({ context, observations }) => ({
        context: MAIN_FAULTS.find((fault) => fault === context) ?? "LOAD",
        outcomes: observations,
      })),
    );

    for (const context of MAIN_FAULTS) {
      for (const incident of incidents.slice(0, 40)) {
        for (const probe of PROBE_NAMES) {
          const seen = { probe, outcome: incident.observations[probe] };
          expect(Math.abs(likelihoodOf(TABLE, context, seen) - likelihoodOf(again, context, seen))).toBeLessThan(0.3);
        }
      }
    }
  });
});

describe("outcomes", () => {
  const { windows } = runTwinEpisode({ fault: "DB", seed: 4, policy: policyNamed("always-wait") }).episode;

  it("a stale reading has no answer", () => {
    const endMs = windows.at(-1)?.endMs ?? 0;

    expect(outcomeOf("locks", readProbe("locks", windows, endMs))).toBe("contention");
    expect(outcomeOf("locks", readProbe("locks", windows, endMs + 60_000))).toBe("no_answer");
  });

  it("before anything is recorded there is no answer", () => {
    expect(outcomeOf("traffic", readProbe("traffic", [], 0))).toBe("no_answer");
  });
});

describe("drawing a context", () => {
  it("cuts the unit interval by the prior, in order", () => {
    expect([0, 0.49, 0.5, 0.74, 0.75, 0.89, 0.9, 0.999].map((uniform) => drawContext(PRIORS.essay, uniform))).toEqual([
      "LOAD",
      "LOAD",
      "DB",
      "DB",
      "BUG",
      "BUG",
      "CIRCUIT",
      "CIRCUIT",
    ]);
  });
});

describe("a policy of one's own", () => {
  it("chooses one probe after another from what it has seen, and then responds", () => {
    const policy = stepwisePolicy({
      name: "look-at-locks",
      summary: "",
      nextMove: ({ observations }) => {
        const [locks] = observations;
        if (locks === undefined) return { kind: "probe", probe: "locks" };
        return { kind: "respond", response: locks.outcome === "contention" ? "terminate_report" : "escalate" };
      },
    });

    const decided = (["DB", "LOAD"] as const).map(
      (fault) => runTwinEpisode({ fault, seed: 8, policy }).episode.decision,
    );
    expect(decided.map(({ response, probes }) => ({ response, probes }))).toEqual([
      { response: "terminate_report", probes: ["locks"] },
      { response: "escalate", probes: ["locks"] },
    ]);
  });

  it("is escalated when it probes for ever", () => {
    const policy = stepwisePolicy({
      name: "dither",
      summary: "",
      nextMove: () => ({ kind: "probe", probe: "latency" }),
    });
    const view: PolicyView = {
      seed: 1,
      alert: { firedAtMs: 0, cause: { kind: "p95", goodShare: 1, p95Ms: 400 } },
      nowMs: 0,
      readProbe: () => undefined,
      truth: undefined,
    };

    expect(policy.decide(view).response).toBe("escalate");
  });

  it("is found by the path of its module, and a built-in by its name", async () => {
    const path = fileURLToPath(new URL("../../examples/look-first.ts", import.meta.url));

    expect((await findPolicy(path))?.name).toBe("look-first");
    expect((await findPolicy("oracle"))?.name).toBe("oracle");
    expect(await findPolicy("nobody")).toBeUndefined();
  });

  it("from the examples sees DB and CIRCUIT, and hands the rest over", async () => {
    const policy = await findPolicy(fileURLToPath(new URL("../../examples/look-first.ts", import.meta.url)));
    if (policy === undefined) throw new Error("the example is there");

    const responses = MAIN_FAULTS.map((fault) => runTwinEpisode({ fault, seed: 12, policy }).episode.decision.response);
    expect(responses).toEqual(["escalate", "terminate_report", "escalate", "restore_breaker"]);
  });

  it("is refused when its module exports no policy", async () => {
    await expect(findPolicy(fileURLToPath(new URL("./contexts.ts", import.meta.url)))).rejects.toThrow(
      "exports no `policy`",
    );
  });
});
