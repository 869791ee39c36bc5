import { createRng } from "../src/core/value/rng.ts";

/**
 * The only source of chance in a schedule. Every choice has a natural answer, 0: what happens when nothing goes wrong.
 * A tape holds only the deviations from it, so that a failure can be told, replayed and shrunk as a handful of them.
 */
export interface ChoiceTape {
  /** Chooses one of `count` answers. 0 is the natural one. */
  choose(count: number): number;
  /** Picks one of `count` things that are equally natural. */
  pick(count: number): number;
  /** How many choices have been made. */
  position(): number;
  /** How many answers each choice had, for searches that enumerate them. */
  counts(): readonly number[];
  /** The choices that were not natural. */
  deviations(): readonly Deviation[];
}

/** An answer other than 0, and the index of its choice. */
export interface Deviation {
  readonly at: number;
  readonly answer: number;
}

/** A tape on which nothing goes wrong, and which remembers nothing. */
export const naturalTape: ChoiceTape = {
  choose: () => 0,
  pick: () => 0,
  position: () => 0,
  counts: () => [],
  deviations: () => [],
};

/**
 * A tape that replays deviations and is natural everywhere else. An answer that is too large for its choice becomes the
 * last one.
 */
export function replayTape(deviations: readonly Deviation[]): ChoiceTape {
  const answers = new Map(deviations.map((deviation) => [deviation.at, deviation.answer]));
  const answer = (at: number, count: number): number => Math.min(answers.get(at) ?? 0, count - 1);
  return tapeOf(answer, answer);
}

/**
 * A tape that deviates with a probability drawn once for the whole schedule, because quiet schedules and stormy ones
 * find different things.
 */
export function randomTape(seed: number): ChoiceTape {
  const rng = createRng(seed);
  const rate = [0.04, 0.1, 0.25, 0.5][rng.below(4)] ?? 0;
  return tapeOf(
    (_, count) => (count > 1 && rng.unit() < rate ? 1 + rng.below(count - 1) : 0),
    (_, count) => rng.below(count),
  );
}

/** A tape as text: `12:3,15:1`. */
export function formatTape(deviations: readonly Deviation[]): string {
  return deviations.map(({ at, answer }) => `${at}:${answer}`).join(",");
}

/** Reads what `formatTape` wrote. */
export function parseTape(text: string): readonly Deviation[] {
  return text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const [at, answer] = part.split(":").map(Number);
      return { at: at ?? 0, answer: answer ?? 0 };
    });
}

type Answer = (at: number, count: number) => number;

function tapeOf(choose: Answer, pick: Answer): ChoiceTape {
  const counts: number[] = [];
  const deviations: Deviation[] = [];
  const take = (answer: Answer, count: number): number => {
    const at = counts.length;
    const chosen = answer(at, count);
    counts.push(count);
    if (chosen !== 0) deviations.push({ at, answer: chosen });
    return chosen;
  };
  return {
    choose: (count) => take(choose, count),
    pick: (count) => take(pick, count),
    position: () => counts.length,
    counts: () => counts,
    deviations: () => deviations,
  };
}
