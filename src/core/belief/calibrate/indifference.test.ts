import { describe, expect, it } from "vitest";
import { turnKnob } from "../explain/knobs.ts";
import { firstMoveOf } from "../policy.ts";
import { readCard } from "../situation/read-card.fixture.ts";
import { decideSituation } from "../solve/solve-limited.ts";
import { checkSanity, impliedIndifference, sanityQuestions } from "./indifference.ts";

describe("sanity questions", () => {
  const { situation } = readCard("s0-two-context");

  it("each asks from when on a context's own best response beats the best one without it", () => {
    expect(sanityQuestions(situation)).toEqual([
      { context: "BENIGN", act: "A_fast", instead: "B_safe" },
      { context: "HAZARD", act: "B_safe", instead: "A_fast" },
    ]);
  });

  it("the example of a fast and a safe way: A from P(BENIGN) = 106/110 on, by hand", () => {
    // A is worth 10 or −100, B 6 in both: 10p − 100(1 − p) = 6 at p = 106/110.
    expect(impliedIndifference(situation, { context: "BENIGN", act: "A_fast", instead: "B_safe" })).toEqual({
      kind: "at",
      probability: expect.closeTo(106 / 110, 12),
    });
  });

  it.each(["s0-two-context", "s1-latency-spike", "s3-suspicious-host"] as const)(
    "on either side of the implied probability the exact solver prefers what is said, with the two responses alone: %s",
    (name) => {
      const { situation: card } = readCard(name);
      for (const question of sanityQuestions(card)) {
        const implied = impliedIndifference(card, question);
        if (implied.kind !== "at") continue;
        const two = {
          ...card,
          limit: 1,
          horizon: 0,
          responses: card.responses.filter((response) => [question.act, question.instead].includes(response.id)),
        };
        const best = (probability: number): string => {
          const decided = decideSituation(turnKnob(two, { kind: "prior", context: question.context }, probability));
          return decided.ok && decided.value.kind === "decided" ? firstMoveOf(decided.value.chosen.policy) : "none";
        };

        expect(best(implied.probability + 1e-6)).toBe(question.act);
        expect(best(implied.probability - 1e-6)).toBe(question.instead);
      }
    },
  );

  it("an answer near the implied one agrees; one far away is a contradiction, with the worth it would need", () => {
    const question = { context: "BENIGN", act: "A_fast", instead: "B_safe" };

    expect(checkSanity(situation, question, 0.95).isContradiction).toBe(false);
    const bold = checkSanity(situation, question, 0.5);
    expect(bold.isContradiction).toBe(true);
    // At p = 0.5 acting must lose as much in HAZARD (6 − w) as it gains in BENIGN (4): w = 2, not −100.
    expect(bold.worthElsewhere).toEqual({ needed: expect.closeTo(2, 12), declared: -100 });
  });

  it("a person who acts only when certain names no price", () => {
    expect(
      checkSanity(situation, { context: "BENIGN", act: "A_fast", instead: "B_safe" }, 1).worthElsewhere,
    ).toBeNull();
  });

  it("a response better everywhere is always preferred, one worse everywhere never", () => {
    expect(impliedIndifference(situation, { context: "BENIGN", act: "B_safe", instead: "escalate" })).toEqual({
      kind: "always",
    });
    expect(impliedIndifference(situation, { context: "BENIGN", act: "escalate", instead: "B_safe" })).toEqual({
      kind: "never",
    });
  });
});
