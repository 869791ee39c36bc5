import { expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { utilityText } from "../figures.ts";
import { parseCard } from "../situation/parse-card.ts";
import { readCardDocument } from "../situation/read-card.fixture.ts";
import type { Situation } from "../situation/situation.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { listAlternatives } from "./alternatives.ts";

/** The latency card with another worth of a catastrophe. */
function withCatastrophe(catastropheUtility: number): ReturnType<typeof parseCard> {
  return parseCard({ ...(readCardDocument("s1-latency-spike") as object), catastropheUtility });
}

function verdictsOf(situation: Situation) {
  const decided = decideSituation(situation);
  invariant(decided.ok && decided.value.kind === "decided", "the card has an escalation");
  const { chosen } = decided.value;
  return { chosen, alternatives: listAlternatives(situation, decided.value) };
}

it.each([-1e9, -1e14, -9e15])(
  "a catastrophe of %d beside a cost of 0.5 is refused, with what to say instead",
  (worth) => {
    const refused = withCatastrophe(worth);

    expect(refused.ok ? [] : refused.error.map(({ code, pointer, hint }) => ({ code, pointer, hint }))).toEqual([
      {
        code: "E_SITUATION_NUMBER",
        pointer: "/catastropheUtility",
        hint: "if a catastrophe must never be risked, say it with `limit: 0`",
      },
    ]);
  },
);

it("the largest amounts that are allowed change neither the plan nor what is printed of it", () => {
  const situation = withCatastrophe(-4e8);
  invariant(situation.ok, "4e8 is not a billion times 0.5");

  const { chosen, alternatives } = verdictsOf(situation.value);

  expect(utilityText(chosen.value)).toBe("−22.6");
  const escalate = alternatives.find(({ move }) => move === "escalate_oncall");
  expect(escalate?.verdict).toMatchObject({ kind: "dominated", short: expect.closeTo(-22.5965 + 22.9, 9) });
});

it("`as good` is said exactly where the two worths are printed alike", () => {
  const situation = withCatastrophe(-4e8);
  invariant(situation.ok, "4e8 is not a billion times 0.5");
  const close: Situation = {
    ...situation.value,
    responses: situation.value.responses.flatMap((response) =>
      response.kind === "act"
        ? [response]
        : [response, { ...response, id: "other", utilityByContext: response.utilityByContext.map((u) => u - 0.004) }],
    ),
    horizon: 0,
  };

  const { chosen, alternatives } = verdictsOf(close);

  expect(alternatives.find(({ move }) => move === "other")?.verdict).toEqual({ kind: "tied", by: "digits_not_shown" });
  for (const { withinLimit, verdict } of alternatives) {
    if (withinLimit === null) continue;
    const isPrintedAlike = utilityText(withinLimit.value) === utilityText(chosen.value);
    expect(["chosen", "tied"].includes(verdict.kind)).toBe(isPrintedAlike);
  }
});
