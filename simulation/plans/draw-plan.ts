import type { Plan } from "../../src/core/plan/plan.ts";
import { planOf, type StepSketch } from "../../src/core/run/fixtures/plan.fixture.ts";
import { createRng, type RngCursor } from "../../src/core/value/rng.ts";

/*
 * Draws plans by chance that are sound by construction. A path is a few stages one after another, each of one step or
 * of several side by side. Then comes an ending, or a question whose answers are shared out among further paths. So
 * exactly one ending is reached whatever the answers are. If nothing goes wrong the first answer is given, and its
 * paths lead to `end`.
 */

interface Drawing {
  readonly rng: RngCursor;
  readonly steps: StepSketch[];
}

/** Where a path continues: the steps it waits for, and the answers it needs. */
interface Place {
  readonly after: readonly string[];
  readonly when: string;
}

/** Draws the plan of a seed. */
export function drawPlan(seed: number): Plan {
  return planOf(drawSteps(seed));
}

/** Draws the steps of a seed's plan: 3 to about 20. */
function drawSteps(seed: number): readonly StepSketch[] {
  const drawing: Drawing = { rng: createRng(seed), steps: [] };
  drawPath(drawing, { after: [], when: "" }, { depth: 0, isNatural: true });
  return drawing.steps;
}

function drawPath(drawing: Drawing, from: Place, at: { readonly depth: number; readonly isNatural: boolean }): void {
  const { rng } = drawing;
  let place = from;
  for (let stages = rng.below(at.depth === 0 ? 3 : 2) + (at.depth === 0 ? 1 : 0); stages > 0; stages -= 1)
    place = drawStage(drawing, place);
  if (at.depth < 2 && rng.below(3) > 0) return drawQuestion(drawing, place, at);
  add(drawing, place, { kind: at.isNatural || rng.below(2) === 0 ? "end" : "escalate" });
}

/** Adds steps side by side. Returns the place that waits for all of them. */
function drawStage(drawing: Drawing, place: Place): Place {
  const count = [1, 1, 2, 3][drawing.rng.below(4)] ?? 1;
  return { after: Array.from({ length: count }, () => add(drawing, place, drawStep(drawing.rng))), when: "" };
}

function drawStep(rng: RngCursor): Omit<StepSketch, "id"> {
  const kind = one(rng, ["act", "act", "act", "probe", "wait"] as const);
  if (kind === "wait") return { kind, forMs: one(rng, [1, 500, 1_000]) };
  return kind === "probe"
    ? { kind, box: "z", attemptsMax: 1 + rng.below(3) }
    : {
        kind,
        ...drawWrite(rng),
        onFailure: one(rng, ["rollback", "rollback", "stop", "escalate", "recover", "branch"] as const),
      };
}

function drawWrite(rng: RngCursor): Omit<StepSketch, "id"> {
  return {
    idempotency: one(rng, ["keyed", "keyed", "natural", "none"] as const),
    landsWithinMs: one(rng, [null, 500, 3_000]),
    attemptsMax: 1 + rng.below(3),
    level: 1 + rng.below(3),
    irreversible: rng.below(12) === 0,
    fenced: rng.below(5) === 0,
    holdMs: rng.below(5) === 0 ? 400 : 0,
    cooldownMs: rng.below(8) === 0 ? 500 : 0,
  };
}

/** Adds a step that the plan branches on, and a path for each share of its answers. */
function drawQuestion(
  drawing: Drawing,
  place: Place,
  at: { readonly depth: number; readonly isNatural: boolean },
): void {
  const { rng } = drawing;
  const { sketch, answers } = one(rng, [
    {
      sketch: { kind: "probe", box: "z", outcomes: ["low", "high"] },
      answers: ["low", "high", "none_of_these", "no_answer"],
    },
    { sketch: { kind: "act", ...drawWrite(rng), onFailure: "branch" }, answers: ["done", "failed"] },
    { sketch: { kind: "approve", forMs: 900 }, answers: ["approved", "rejected", "expired"] },
  ] as const);
  const asked = add(drawing, place, sketch);
  for (const [index, share] of shareOut(rng, answers).entries()) {
    drawPath(
      drawing,
      { after: [asked], when: `${asked} in [${share.map((answer) => `'${answer}'`).join(", ")}]` },
      { depth: at.depth + 1, isNatural: at.isNatural && index === 0 },
    );
  }
}

/** Divides the answers into two or three shares. None is empty, and the first holds the first answer. */
function shareOut(rng: RngCursor, answers: readonly string[]): readonly (readonly string[])[] {
  const count = Math.min(answers.length, 2 + rng.below(2));
  const shares = Array.from({ length: count }, (): string[] => []);
  for (const [index, answer] of answers.entries()) shares[index < count ? index : rng.below(count)]?.push(answer);
  return shares;
}

/** Adds a step and returns its id. A write gets a box of its own. */
function add({ steps }: Drawing, { after, when }: Place, sketch: Omit<StepSketch, "id">): string {
  const id = `s${steps.length}`;
  steps.push({ ...sketch, id, after, when });
  return id;
}

function one<T>(rng: RngCursor, items: readonly T[]): T {
  // An index below the length.
  return items[rng.below(items.length)] as T;
}
