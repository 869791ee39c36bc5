import { createRng } from "../../core/value/rng.ts";

/**
 * The one source of chance of a schedule. Every choice has a natural answer, 0, which is what happens when nothing goes wrong;
 * a tape holds only the deviations from it, so that a failure is told, replayed and shrunk as a handful of them.
 */
export interface ChoiceTape {
  /** One of `count` answers: 0 is the natural one. */
  choose(count: number): number;
  /** How many choices were made. */
  position(): number;
  /** How many answers each choice had, for searches that enumerate them. */
  counts(): readonly number[];
  /** What was not natural. */
  deviations(): readonly Deviation[];
}

/** At the choice with this index, this answer. */
export interface Deviation {
  readonly at: number;
  readonly answer: number;
}

/** A tape that replays deviations and is natural everywhere else. An answer a choice does not have becomes its last one. */
export function replayTape(deviations: readonly Deviation[]): ChoiceTape {
  const answers = new Map(deviations.map((deviation) => [deviation.at, deviation.answer]));
  return tapeOf((at, count) => Math.min(answers.get(at) ?? 0, count - 1));
}

/** A tape that deviates with a probability drawn once for the whole schedule: quiet and stormy ones both find things. */
export function randomTape(seed: number): ChoiceTape {
  const rng = createRng(seed);
  const rate = [0.02, 0.06, 0.15, 0.35][rng.below(4)] ?? 0;
  return tapeOf((at, count) => {
    // The first choices are the schedule's shape: plan, approvals, second run. There every answer is as natural as another.
    if (at < shapeChoiceCount) return rng.below(count);
    return count > 1 && rng.unit() < rate ? 1 + rng.below(count - 1) : 0;
  });
}

/** How many choices at the beginning of every schedule say what it is about. */
export const shapeChoiceCount = 3;

/** A tape as text: `12:3,15:1`. */
export function formatTape(deviations: readonly Deviation[]): string {
  return deviations.map(({ at, answer }) => `${at}:${answer}`).join(",");
}

/** Reads what `formatTape` wrote. */
export function parseTape(text: string): readonly Deviation[] {
  return text.split(",").filter((part) => part !== "").map((part) => {
    const [at, answer] = part.split(":").map(Number);
    return { at: at ?? 0, answer: answer ?? 0 };
  });
}

function tapeOf(answer: (at: number, count: number) => number): ChoiceTape {
  const counts: number[] = [];
  const deviations: Deviation[] = [];
  return {
    choose: (count) => {
      const at = counts.length;
      const chosen = answer(at, count);
      counts.push(count);
      if (chosen !== 0) deviations.push({ at, answer: chosen });
      return chosen;
    },
    position: () => counts.length,
    counts: () => counts,
    deviations: () => deviations,
  };
}
