import { describe, expect, it } from "vitest";

import { FAULT_NAMES, MAIN_FAULTS } from "../contract/faults.ts";
import { PROBE_NAMES } from "../contract/probes.ts";
import { PRIORS, PROBE_OUTCOMES } from "../policies/index.ts";
import { drawFault, generateIncidents, type Incident, type IncidentPrior, type ResponseChoice } from "./incidents.ts";
import { RESPONSE_NAMES } from "./responses.ts";

function generate(
  count: number,
  options: { readonly prior?: IncidentPrior; readonly responses?: ResponseChoice } = {},
): Incident[] {
  return [
    ...generateIncidents({
      count,
      seedFirst: 1,
      prior: options.prior ?? "essay",
      responses: options.responses ?? "random",
    }),
  ];
}

describe("incidents", () => {
  it("come in the number asked for, the same ones every time", () => {
    expect(JSON.stringify(generate(12))).toBe(JSON.stringify(generate(12)));
    expect(generate(12)).toHaveLength(12);
  });

  it("draw contexts from the essay's prior: half of them LOAD", () => {
    const contexts = Array.from({ length: 4_000 }, (_, seed) => drawFault("essay", seed));

    const shareOf = (fault: string): number => contexts.filter((context) => context === fault).length / contexts.length;
    expect(MAIN_FAULTS.map((fault) => Math.abs(shareOf(fault) - PRIORS.essay[fault]) < 0.03)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it("draw every fault when the prior is wide, named context or not", () => {
    expect(new Set(Array.from({ length: 400 }, (_, seed) => drawFault("wide", seed))).size).toBe(FAULT_NAMES.length);
  });

  it("with all responses fill every cell of response × context", () => {
    const cells = new Set(
      generate(RESPONSE_NAMES.length * 40, { prior: "uniform", responses: "all" }).map(
        ({ context, response }) => `${context} ${response}`,
      ),
    );

    expect(cells.size).toBe(MAIN_FAULTS.length * RESPONSE_NAMES.length);
  });

  it("show what was seen before the response, so that all responses to one incident share it", () => {
    const incidents = generate(RESPONSE_NAMES.length, { responses: "all" });

    const seen = new Set(
      incidents.map(({ seed, observations, windows, alert }) => JSON.stringify({ seed, observations, windows, alert })),
    );
    expect(seen.size).toBe(1);
  });

  it("name only declared outcomes, one for each probe", () => {
    for (const { observations } of generate(20, { prior: "wide" })) {
      expect(Object.keys(observations)).toEqual(PROBE_NAMES);
      for (const probe of PROBE_NAMES) expect([...PROBE_OUTCOMES[probe], "no_answer"]).toContain(observations[probe]);
    }
  });

  it("never call waiting or escalating a catastrophe, and harm nobody by waiting", () => {
    const idle = [...generate(20, { responses: "wait" }), ...generate(20, { responses: "escalate" })];

    expect(
      idle.filter(
        (incident) =>
          incident.catastrophe || incident.harm.badAnswerCount !== 0 || incident.harm.duplicateRowCount !== 0,
      ),
    ).toEqual([]);
  });
});
