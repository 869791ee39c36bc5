import { expect, it } from "vitest";
import { invariant } from "../../value/invariant.ts";
import { createRng, type RngCursor } from "../../value/rng.ts";
import { parseCard } from "../situation/parse-card.ts";
import type { Situation } from "../situation/situation.ts";
import { type FrontPoint, referenceFront } from "./reference-front.fixture.ts";
import type { PlainCard, PlainNumbers, PlainStep } from "./reference-solver.fixture.ts";
import { decideSituation } from "./solve-limited.ts";

/**
 * A card with smooth numbers and long fronts: contexts told apart by noisy probes, each response right in one and risky
 * elsewhere.
 */
function smoothCard(rng: RngCursor): PlainCard {
  const ids = ["C0", "C1", "C2", "C3"];
  const each = (number: (index: number) => number): PlainNumbers =>
    Object.fromEntries(ids.map((id, index) => [id, number(index)]));
  const step = (index: number): PlainStep => {
    const base = {
      id: `s${index}`,
      cost: each(() => 0.05 + 0.2 * rng.unit()),
      catastrophe: each(() => (index === 2 ? 0.01 * rng.unit() : 0)),
      maxUses: 1,
    };
    if (index === 3)
      return { kind: "try", ...base, pFixed: each((c) => (c === 0 ? 0.5 : 0.05)), fixedUtility: each(() => -3) };
    const likelihood = Object.fromEntries(ids.map((id) => [id, [0.05 + 0.9 * rng.unit()].flatMap((p) => [p, 1 - p])]));
    return { kind: "probe", ...base, outcomes: ["yes", "no"], likelihood };
  };
  return {
    contexts: ids.map((id) => ({ id, prior: 0.25 })),
    catastropheUtility: -8,
    maxCatastropheProbability: 1,
    maxSteps: 4,
    steps: [0, 1, 2, 3].map(step),
    commits: [0, 1, 2, 3]
      .map((r) => ({
        id: `r${r}`,
        kind: "act" as const,
        utility: each((c) => (c === r ? -rng.unit() : -8 - 8 * rng.unit())),
        catastrophe: each((c) => (c === r ? 0.02 * rng.unit() : 0.4 * rng.unit())),
      }))
      .concat([
        { id: "ask", kind: "escalate" as never, utility: each(() => -9 - rng.unit()), catastrophe: each(() => 0) },
      ]),
  };
}

function valueWithin(situation: Situation, limit: number): number {
  const decision = decideSituation({ ...situation, limit });
  invariant(decision.ok && decision.value.kind === "decided", "a limit taken from the front is kept by a policy");
  return decision.value.chosen.value;
}

/** Risks of the front, some of its points exactly and as many between them. */
function limitsOn(front: readonly FrontPoint[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor((index * (front.length - 1)) / count);
    const risk = front[at]?.risk ?? 0;
    return index % 2 === 0 ? risk : (risk + (front[at + 1]?.risk ?? risk)) / 2;
  });
}

it("25 limits on each of 30 cards with long fronts have the value of the whole front there", () => {
  const rng = createRng(71);
  let longest = 0;
  for (let index = 0; index < 30; index += 1) {
    const card = smoothCard(rng);
    const situation = parseCard(card as never); // a plain card is a foreign card with every number written out
    invariant(situation.ok, "the card is well-formed");
    const front = referenceFront(card);
    longest = Math.max(longest, front.length);

    for (const limit of limitsOn(front, 25)) {
      const best = front.findLast(({ risk }) => risk <= limit * (1 + 1e-12));
      expect(
        Math.abs(valueWithin(situation.value, limit) - (best?.value ?? Number.NaN)),
        `card ${index}, limit ${limit}`,
      ).toBeLessThan(1e-9);
    }
  }

  expect(longest, "points of the longest front").toBeGreaterThan(100);
}, 60_000);
