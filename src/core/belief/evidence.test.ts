import { describe, expect, it } from "vitest";
import { changedAnswers, describeChanges, findStale, withTold } from "./evidence.ts";
import { parseSituation } from "./situation/parse-situation.ts";
import type { Situation } from "./situation/situation.ts";

const probe = { kind: "probe", outcomes: ["yes", "no"], likelihood: { A: [0.9, 0.1] } };

function situationWith(...steps: readonly object[]): Situation {
  const read = parseSituation({
    format: "interlock.situation/1",
    id: "s",
    contexts: [{ id: "A", prior: 1 }, { id: "unknown" }],
    catastropheUtility: -10,
    limit: 1,
    horizon: 4,
    steps: steps.map((step) => ({ ...probe, ...step })),
    responses: [{ id: "page", kind: "escalate", utility: -1 }],
  });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

const at = (step: string, outcome: string, atMs: number) => ({ step, outcome, atMs });

describe("the age of an answer", () => {
  const situation = situationWith({ id: "short", freshFor: "30s" }, { id: "long" });

  it("counts from when it was asked for, and is over once it is longer than `freshFor`", () => {
    const answers = [at("short", "yes", 1_000), at("long", "no", 0)];

    expect(findStale(situation, answers, 31_000)).toEqual([]);
    expect(findStale(situation, answers, 31_001)).toEqual([answers[0]]);
  });

  it("does not matter without `freshFor`: the answer stands for the whole incident", () => {
    expect(findStale(situation, [at("long", "no", 0)], Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});

describe("a person's word", () => {
  const situation = situationWith({ id: "once", freshFor: "30s" }, { id: "twice", maxUses: 2 });

  it("counts as the answer of a probe that was not asked, and in place of one that gave none", () => {
    const told = at("once", "yes", 5);

    expect(withTold(situation, [], told)).toEqual([told]);
    expect(withTold(situation, [at("once", "no_answer", 1)], told)).toEqual([told]);
  });

  it("takes the place of an answer that is out of date, and contradicts one that is not", () => {
    const known = at("once", "no", 0);

    expect(withTold(situation, [known], at("once", "yes", 30_001))).toEqual([at("once", "yes", 30_001)]);
    expect(withTold(situation, [known], at("once", "yes", 30_000))).toBeNull();
  });

  it("that says the same adds nothing", () => {
    expect(withTold(situation, [at("once", "no", 0)], at("once", "no", 9))).toEqual([at("once", "no", 0)]);
  });

  it("stands beside another answer while the probe may be asked again", () => {
    const one = at("twice", "no", 0);
    const other = at("twice", "yes", 1);

    expect(withTold(situation, [one], other)).toEqual([one, other]);
    expect(withTold(situation, [one, at("twice", "no", 0)], other)).toBeNull();
  });
});

it("what changed names each probe once, with what it said before and says now", () => {
  const before = [at("a", "yes", 0), at("b", "no", 0), at("c", "yes", 0)];
  const after = [at("b", "yes", 9), at("a", "yes", 9), at("d", "no", 9)];

  expect(changedAnswers(before, after).map(({ step }) => step)).toEqual(["b", "c", "d"]);
  expect(describeChanges(changedAnswers(before, after))).toBe(
    "`b` answers `yes` now, and answered `no` before; `c` no longer counts, and answered `yes` before; " +
      "`d` answers `no` now, and had not been asked before",
  );
});
