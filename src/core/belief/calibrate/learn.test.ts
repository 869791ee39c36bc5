import { describe, expect, it } from "vitest";
import type { Policy } from "../policy.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { evaluatePolicy } from "../solve/evaluate-policy.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { drawUniform } from "../statistics/scores.fixture.ts";
import { countIncidents } from "./counts.ts";
import { credibleFigures, extremeMean } from "./credible-set.ts";
import { applyEdits, editsFor } from "./edits.ts";
import type { ClosedIncident } from "./incident.ts";
import { drawIncidents, pump, pumpDocument } from "./incidents.fixture.ts";
import { scoreDeclared, scoreLearnt } from "./judge-forecasts.ts";
import { type Learning, learningDefaults, learnSituation } from "./learn.ts";

function learn(situation: Situation, incidents: readonly ClosedIncident[], options = learningDefaults): Learning {
  return learnSituation(situation, countIncidents(situation, incidents), options);
}

function incident(context: string, outcome: string, rest: Partial<ClosedIncident> = {}): ClosedIncident {
  return {
    lineNumber: 1,
    context,
    observations: [{ step: "listen", outcome }],
    response: "replace",
    utility: 8,
    catastrophe: false,
    ...rest,
  };
}

describe("countIncidents", () => {
  it("counts by hand: contexts, answers, responses, and answers that inform nobody apart", () => {
    const counts = countIncidents(pump(), [
      incident("WORN", "rattle"),
      incident("WORN", "hum", { response: "flush", utility: -5 }),
      incident("CLOGGED", "no_answer", { response: null }),
      incident("CLOGGED", "none_of_these"),
      incident("WORN", "rattle", { response: "flush", catastrophe: true, utility: 999 }),
    ]);

    expect(counts.contexts).toEqual([2, 3, 0]);
    expect(counts.probes[0]).toEqual({
      step: "listen",
      byContext: [
        [0, 0],
        [1, 2],
        [0, 0],
      ],
      noneOfTheseCount: 1,
      noAnswerCount: 1,
    });
    expect(counts.responses[0]?.byContext[1]).toEqual({
      count: 2,
      catastropheCount: 1,
      utilityCount: 1,
      utilitySum: -5,
      utilitySquareSum: 25,
    });
  });
});

describe("learnSituation", () => {
  it("a row is counts, capped opinion and Jeffreys' half, by hand", () => {
    const learning = learn(pump(), [
      ...Array.from({ length: 6 }, () => incident("WORN", "rattle")),
      ...Array.from({ length: 4 }, () => incident("WORN", "hum")),
    ]);

    // (4 + 10·0.3 + 0.5) / (10 + 10 + 1)
    expect(learning.likelihoods[0]?.rows[1]?.mean).toEqual([
      expect.closeTo(7.5 / 21, 12),
      expect.closeTo(13.5 / 21, 12),
    ]);
    expect(learning.likelihoods[0]?.rows[0]).toMatchObject({ isKept: true, mean: [0.8, 0.2] });
  });

  it("opinion never weighs more than its cap, and none at all when it is removed", () => {
    const incidents = Array.from({ length: 10 }, () => incident("WORN", "rattle"));

    const loud = learn(pump(), incidents, { ...learningDefaults, opinionWeight: 1e6 });
    const silent = learn(pump(), incidents, { ...learningDefaults, opinionWeight: 0 });

    expect(loud.likelihoods[0]?.rows[1]?.opinion.reduce((sum, count) => sum + count, 0)).toBeCloseTo(10, 12);
    expect(silent.likelihoods[0]?.rows[1]?.mean[1]).toBeCloseTo(10.5 / 11, 12);
  });

  it("incidents drawn from known numbers lead back to them", () => {
    const truth = pump();
    const elsewhere = parseSituation({
      ...pumpDocument,
      contexts: [{ id: "CLOGGED", prior: 0.2 }, { id: "WORN", prior: 0.8 }, { id: "unknown" }],
    });
    if (!elsewhere.ok) throw new Error("the document was refused");

    const { situation } = learn(elsewhere.value, drawIncidents(truth, 20_000, 17));

    expect(situation.contexts.map((context) => context.prior)).toEqual(
      truth.contexts.map((context) => expect.closeTo(context.prior, 1)),
    );
    expect(situation.responses[0]?.utilityByContext[0]).toBeCloseTo(10, 1);
    expect(situation.responses[0]?.catastropheByContext[1]).toBeCloseTo(0.1, 1.7);
  });

  it("a declared catastrophe probability stands until incidents contradict it, show one, or are many", () => {
    const flush = (count: number, catastropheCount: number): Learning =>
      learn(
        pump(),
        Array.from({ length: count }, (_, index) =>
          incident("CLOGGED", "hum", { response: "flush", utility: 10, catastrophe: index < catastropheCount }),
        ),
      );
    const cell = (learning: Learning) =>
      learning.cells.find((one) => one.response === "flush" && one.context === "CLOGGED")?.catastrophe;

    expect(cell(flush(19, 0))).toMatchObject({ isKept: true, mean: 0 });
    // 0.5/(n + 1) is at most half of the limit of 0.02 from n = 49 on.
    expect(cell(flush(48, 0))).toMatchObject({ isKept: true });
    expect(cell(flush(49, 0))).toMatchObject({ isKept: false, mean: 0.5 / 50 });
    expect(cell(flush(25, 1))).toMatchObject({ isKept: false, mean: 1.5 / 26 });
    expect(cell(flush(5, 4))).toMatchObject({ isKept: false });
  });

  it("the utility of incidents that ended in catastrophe is not learnt: the catastrophe replaces it", () => {
    const learning = learn(
      pump(),
      Array.from({ length: 40 }, (_, index) =>
        incident("WORN", "rattle", { utility: index < 10 ? -1e6 : 7, catastrophe: index < 10 }),
      ),
    );

    expect(learning.cells.find((one) => one.response === "replace" && one.context === "WORN")?.utility).toMatchObject({
      mean: 7,
      isKept: false,
    });
  });

  it("`unknown` keeps its rule when no incident was closed as unknown, and is counted when one was", () => {
    const named = learn(
      pump(),
      Array.from({ length: 500 }, () => incident("WORN", "rattle")),
    );
    const honest = learn(pump(), [
      ...Array.from({ length: 500 }, () => incident("WORN", "rattle")),
      ...Array.from({ length: 100 }, () => incident("unknown", "hum")),
    ]);

    expect(named.prior.mean[2]).toBe(0.02);
    expect(honest.prior.mean[2]).toBeGreaterThan(0.15);
  });
});

describe("editsFor", () => {
  it("what is written is read back as what was learnt, and learning it again changes nothing", () => {
    const incidents = drawIncidents(pump(), 400, 5);
    const learning = learn(pump(), incidents);

    const document = applyEdits(pumpDocument, editsFor(pumpDocument, learning));
    const again = parseSituation(document);
    if (!again.ok) throw new Error(JSON.stringify(again.error));
    const relearnt = learn(again.value, incidents);

    again.value.contexts.forEach((context, c) => expect(context.prior).toBeCloseTo(learning.prior.mean[c] ?? 0, 5));
    const [probe] = again.value.steps;
    if (probe === undefined || probe.kind === "try") throw new Error("the probe is lost");
    probe.outcomes.forEach((outcome, o) =>
      expect(outcome.likelihoodByContext.slice(0, 2)).toEqual(
        [0, 1].map((c) => expect.closeTo(learning.likelihoods[0]?.rows[c]?.mean[o] ?? 0, 5)),
      ),
    );
    expect(relearnt.prior.mean).toEqual(learning.prior.mean.map((mean) => expect.closeTo(mean, 5)));
    expect(relearnt.likelihoods[0]?.rows[0]?.mean).toEqual(
      learning.likelihoods[0]?.rows[0]?.mean.map((mean) => expect.closeTo(mean, 5)),
    );
  });

  it("what nothing was counted for stays as it is written", () => {
    expect(editsFor(pumpDocument, learn(pump(), []))).toEqual([]);
  });
});

describe("scores", () => {
  it("leaving one out is fitting without it: compared with learning again on the others", () => {
    const incidents = drawIncidents(pump(), 40, 9);

    const scores = scoreLearnt(learn(pump(), incidents), incidents);

    const byHand = incidents.map((left) => {
      const { situation } = learn(
        pump(),
        incidents.filter((one) => one !== left),
      );
      return scoreDeclared(situation, [left])?.brier ?? Number.NaN;
    });
    expect(scores?.brier).toBeCloseTo(byHand.reduce((sum, brier) => sum + brier, 0) / byHand.length, 3);
  });

  it("a row of which nothing was counted is scored as the written file keeps it, and not by its pseudo-counts", () => {
    const document = {
      ...pumpDocument,
      contexts: [
        { id: "CLOGGED", prior: 0.5 },
        { id: "WORN", prior: 0.3 },
        { id: "unknown", prior: 0.2 },
      ],
      steps: [
        { ...pumpDocument.steps[0], likelihood: { CLOGGED: [0.8, 0.2], WORN: [0.3, 0.7], unknown: [0.99, 0.01] } },
      ],
    };
    const parsed = parseSituation(document);
    if (!parsed.ok) throw new Error("the document was refused");
    const incidents = Array.from({ length: 400 }, (_, index) =>
      incident(index % 2 === 0 ? "CLOGGED" : "WORN", "rattle"),
    );

    const learning = learn(parsed.value, incidents);
    const scores = scoreLearnt(learning, incidents);
    const written = scoreDeclared(learning.situation, incidents);

    // With 400 incidents, leaving one out changes little. Pseudo-counts would put 4.8 % in the place of 1 %.
    expect(learning.likelihoods[0]?.rows[2]).toMatchObject({ isKept: true });
    expect(Math.abs((scores?.logScore ?? 0) - (written?.logScore ?? 0))).toBeLessThan(5e-3);
  });

  it("numbers learnt from incidents forecast them better than wrong ones", () => {
    const wrong = parseSituation({
      ...pumpDocument,
      steps: [{ ...pumpDocument.steps[0], likelihood: { CLOGGED: [0.2, 0.8], WORN: [0.8, 0.2] } }],
    });
    if (!wrong.ok) throw new Error("the document was refused");
    const incidents = drawIncidents(pump(), 1000, 21);

    const declared = scoreDeclared(wrong.value, incidents);
    const learnt = scoreLearnt(learn(wrong.value, incidents), incidents);

    expect(learnt?.brier).toBeLessThan((declared?.brier ?? 0) - 0.1);
    expect(learnt?.logScore).toBeLessThan(declared?.logScore ?? 0);
  });
});

describe("the credible set", () => {
  it("the extreme mean is that of the best vertex, found by trying every order of filling up", () => {
    const uniform = drawUniform(13);
    for (let round = 0; round < 200; round += 1) {
      const point = [uniform(), uniform(), uniform()];
      const total = point.reduce((sum, p) => sum + p, 0);
      const intervals = point.map((p) => ({
        low: (p / total) * uniform(),
        high: Math.min(1, (p / total) * (1 + uniform())),
        mass: 0.9,
      }));
      const amounts = [uniform() - 0.5, uniform() - 0.5, uniform() - 0.5];
      const means = permutations([0, 1, 2]).map((order) => fillUp(intervals, amounts, order));

      expect(extremeMean(intervals, amounts, "high")).toBeCloseTo(Math.max(...means), 12);
      expect(extremeMean(intervals, amounts, "low")).toBeCloseTo(Math.min(...means), 12);
    }
  });

  it.each([
    ["a pump", pump()],
    ["waits and tries that are risky themselves", readCard("s1-latency-spike").situation],
    ["three outcomes", readCard("s3-suspicious-host").situation],
  ] as const)(
    "no situation within the set has a risk or worth outside the bounds, and the means are the policy's figures: %s",
    (_, declared) => {
      const learning = learn(declared, drawIncidents(declared, 600, 31));
      const decided = decideSituation({ ...learning.situation, limit: 1 });
      if (!decided.ok || decided.value.kind !== "decided") throw new Error("was not decided");
      const policies = [
        decided.value.chosen.policy,
        ...learning.situation.steps.flatMap((step) => beginningWith(learning.situation, step.id)),
      ];
      const uniform = drawUniform(77);
      for (const policy of policies) {
        const figures = credibleFigures(learning, policy);

        const means = evaluatePolicy(learning.situation, policy);
        expect(figures.risk.mean).toBeCloseTo(means.risk, 12);
        expect(figures.value.mean).toBeCloseTo(means.value, 9);
        for (let round = 0; round < 60; round += 1) {
          const { risk, value } = evaluatePolicy(drawWithin(learning, uniform), policy);
          expect(risk).toBeGreaterThanOrEqual(figures.risk.low - 1e-12);
          expect(risk).toBeLessThanOrEqual(figures.risk.high + 1e-12);
          expect(value).toBeGreaterThanOrEqual(figures.value.low - 1e-9);
          expect(value).toBeLessThanOrEqual(figures.value.high + 1e-9);
        }
      }
    },
  );

  it("all intervals together leave out at most the mass asked for: each of the 27 numbers a 27th of a tenth", () => {
    const learning = learn(pump(), drawIncidents(pump(), 100, 1), { ...learningDefaults, mass: 0.9 });

    // Three priors, two outcomes and three responses (utility and risk) under three contexts each.
    expect(1 - learning.massOfEach).toBeCloseTo(0.1 / (3 + 2 * 3 + 2 * 3 * 3), 12);
  });

  it("more incidents narrow the bounds", () => {
    const widths = [100, 1000, 10_000].map((count) => {
      const learning = learn(pump(), drawIncidents(pump(), count, 41));
      const { value } = credibleFigures(learning, { kind: "commit", response: "flush" });
      return value.high - value.low;
    });

    expect(widths[1]).toBeLessThan(widths[0] ?? 0);
    expect(widths[2]).toBeLessThan(widths[1] ?? 0);
  });
});

function beginningWith(situation: Situation, firstMove: string): readonly Policy[] {
  const decided = decideSituation({ ...situation, limit: 1 }, { firstMove });
  return decided.ok && decided.value.kind === "decided" ? [decided.value.chosen.policy] : [];
}

type Interval = { readonly low: number; readonly high: number };

function fillUp(intervals: readonly Interval[], amounts: readonly number[], order: readonly number[]): number {
  let left = 1 - intervals.reduce((sum, { low }) => sum + low, 0);
  return order.reduce((mean, index) => {
    const { low = 0, high = 0 } = intervals[index] ?? {};
    const extra = Math.min(left, high - low);
    left -= extra;
    return mean + (low + extra) * (amounts[index] ?? 0);
  }, 0);
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  return items.length <= 1
    ? [items]
    : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

/** A point of the box that still sums to 1: the mean moved towards a random vertex. */
function drawRow(
  row: { readonly mean: readonly number[]; readonly intervals: readonly Interval[] },
  uniform: () => number,
): readonly number[] {
  const order = row.mean.map((_, index) => index).sort(() => uniform() - 0.5);
  let left = 1 - row.intervals.reduce((sum, { low }) => sum + low, 0);
  const vertex = row.intervals.map(({ low }) => low);
  for (const index of order) {
    const { low = 0, high = 0 } = row.intervals[index] ?? {};
    const extra = Math.min(left, high - low);
    left -= extra;
    vertex[index] = low + extra;
  }
  const share = uniform();
  return row.mean.map((mean, index) => share * mean + (1 - share) * (vertex[index] ?? 0));
}

function drawWithin(learning: Learning, uniform: () => number): Situation {
  const prior = drawRow(learning.prior, uniform);
  const within = ({ low, high }: Interval): number => low + uniform() * (high - low);
  return {
    ...learning.situation,
    contexts: learning.situation.contexts.map((context, c) => ({ ...context, prior: prior[c] ?? 0 })),
    steps: learning.situation.steps.map((step) => {
      if (step.kind === "try") return step;
      const rows =
        learning.likelihoods.find((one) => one.step === step.id)?.rows.map((row) => drawRow(row, uniform)) ?? [];
      return {
        ...step,
        outcomes: step.outcomes.map((outcome, o) => ({
          ...outcome,
          likelihoodByContext: rows.map((row) => row[o] ?? 0),
        })),
      };
    }),
    responses: learning.situation.responses.map((response) => {
      const own = learning.cells.filter((cell) => cell.response === response.id);
      return {
        ...response,
        utilityByContext: own.map((cell) => within(cell.utility.interval)),
        catastropheByContext: own.map((cell) => within(cell.catastrophe.interval)),
      };
    }),
  };
}
