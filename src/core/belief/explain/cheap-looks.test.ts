import { expect, it } from "vitest";
import type { JsonObject } from "../../value/json-value.ts";
import { parseSituation } from "../situation/parse-situation.ts";
import type { Situation } from "../situation/situation.ts";
import { findCheapLooks } from "./cheap-looks.ts";

const probe = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  kind: "probe",
  action: "look",
  cost: 0.1,
  outcomes: ["yes", "no"],
  likelihood: { A: [0.9, 0.1], B: [0.1, 0.9] },
  ...more,
});

function situationOf(...steps: readonly JsonObject[]): Situation {
  const read = parseSituation({
    format: "interlock.situation/1",
    id: "s",
    contexts: [{ id: "A", prior: 0.5 }, { id: "B", prior: 0.5 }, { id: "unknown" }],
    catastropheUtility: -100,
    limit: 0.1,
    horizon: 2,
    steps,
    responses: [
      { id: "a", utility: { A: -1, B: -40 } },
      { id: "b", utility: { A: -40, B: -1 } },
      { id: "page", kind: "escalate", utility: -20 },
    ],
  });
  if (!read.ok) throw new Error(read.error[0]?.message);
  return read.value;
}

/** What is left once a context is all but certain. */
function certainOf(situation: Situation): Situation {
  const priors = [0.999, 0.0005, 0.0005];
  return { ...situation, contexts: situation.contexts.map((one, c) => ({ ...one, prior: priors[c] ?? 0 })) };
}

function names(start: Situation, remaining: Situation): readonly string[] {
  return findCheapLooks(start, remaining, "a").map(({ id }) => id);
}

it("all that is cheap is read, although the numbers are all but certain already", () => {
  const start = situationOf(probe("p"), probe("q"));

  expect(names(start, certainOf(start))).toEqual(["p", "q"]);
});

it("nothing is read where the looks together cost what is at stake", () => {
  const dear = situationOf(probe("p", { cost: 1.5 }), probe("q", { cost: 1.5 }));

  // One time in ten the prior holds, and then `a` loses half of 39 to `b`.
  expect(names(dear, certainOf(dear))).toEqual([]);
  expect(names(dear, dear)).toEqual(["p", "q"]);
});

it("a probe that can do harm, and one that nothing carries out, is not read for its cheapness", () => {
  const { action: _, ...unbound } = probe("unbound");
  const start = situationOf(probe("p"), probe("harmful", { catastrophe: 0.001 }), unbound);

  expect(names(start, start)).toEqual(["p"]);
});

it("what was read is not read again", () => {
  const start = situationOf(probe("p"), probe("q"));
  const remaining = { ...start, steps: start.steps.slice(1) };

  expect(names(start, remaining)).toEqual(["q"]);
});
