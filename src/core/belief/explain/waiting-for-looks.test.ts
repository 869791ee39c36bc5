import { describe, expect, it } from "vitest";
import { parseSituation } from "../situation/parse-situation.ts";
import type { Situation } from "../situation/situation.ts";
import { findCheapLooks } from "./cheap-looks.ts";

const probe = { kind: "probe", action: "look", outcomes: ["yes", "no"], likelihood: { A: [0.9, 0.1], B: [0.1, 0.9] } };

function read(more: object, ...steps: readonly object[]): ReturnType<typeof parseSituation> {
  return parseSituation({
    format: "interlock.situation/1",
    id: "s",
    contexts: [
      { id: "A", prior: 0.5 },
      { id: "B", prior: 0.5 },
      { id: "unknown", prior: 0 },
    ],
    catastropheUtility: -100,
    limit: 1,
    horizon: 4,
    steps: steps.map((step, index) => ({ ...probe, id: `p${index}`, ...step })),
    responses: [
      { id: "a", utility: { A: 0, B: -10, unknown: 0 } },
      { id: "b", utility: { A: -10, B: 0, unknown: 0 } },
      { id: "page", kind: "escalate", utility: -20 },
    ],
    ...more,
  });
}

function situationWith(more: object, ...steps: readonly object[]): Situation {
  const parsed = read(more, ...steps);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

describe("what a look costs while something breaks", () => {
  it("is its own cost and that of the time that it takes, in each context", () => {
    const { steps } = situationWith({ costPerSecond: { A: 0.2, B: 0 } }, { cost: 0.1, takes: "500ms" });

    expect(steps[0]?.costByContext).toEqual([0.2, 0.1, 0.2]);
  });

  it("counts once for probes that are read side by side, as long as the slowest takes", () => {
    // What is at stake is 5. Each wait is worth 3, one of them less.
    const cheap = situationWith({ costPerSecond: 1 }, { takes: "3s" }, { takes: "3s" }, { takes: "1s" });
    const dear = situationWith({ costPerSecond: 1 }, { takes: "3s" }, { takes: "6s" });

    expect(findCheapLooks(cheap, cheap, "a").map(({ id }) => id)).toEqual(["p0", "p1", "p2"]);
    expect(findCheapLooks(dear, dear, "a")).toEqual([]);
  });

  it("cannot be said without what a second costs", () => {
    const refused = read({}, { takes: "1s" });

    expect(refused).toMatchObject({
      ok: false,
      error: [{ code: "E_SCHEMA_MISSING_FIELD", pointer: "/steps/0/takes" }],
    });
  });

  it.each([-1, "a lot", { A: 1, C: 1 }])("is refused as %j", (costPerSecond) => {
    const refused = read({ costPerSecond });

    expect(refused.ok ? [] : refused.error.map(({ pointer }) => pointer.split("/")[1])).toEqual(["costPerSecond"]);
  });
});
