import { randomTape } from "./choice-tape.ts";
import type { ScheduleResult } from "./schedule-result.ts";

/** The result of many schedules. */
export interface SimulationSummary {
  readonly schedules: number;
  readonly violations: number;
  readonly seconds: number;
  readonly events: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly transitions: Readonly<Record<string, number>>;
  /** The first failure, shrunk. */
  readonly first: Failure | null;
}

/** A failure, the number of choices that cause it once shrunk, and the line that replays it. */
export interface Failure {
  readonly seed: number;
  readonly problem: string;
  readonly choices: number;
  /** Those choices as text. */
  readonly tape: string;
  readonly replay: string;
}

/** Which schedules to run. `failFast` stops at the first violation. */
export interface ScheduleRange {
  readonly fromSeed: number;
  readonly schedules: number;
  readonly failFast: boolean;
}

/** Counts what schedules come to. */
export class Tally {
  readonly #startedMs = performance.now();
  readonly #outcomes: Record<string, number> = {};
  readonly #transitions: Record<string, number> = {};
  #schedules = 0;
  #violations = 0;
  #events = 0;

  /** Counts one schedule. True for the first that broke something. */
  add({ eventCount, outcomes, transitions, violations }: ScheduleResult): boolean {
    this.#schedules += 1;
    this.#events += eventCount;
    for (const outcome of outcomes) this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    for (const [transition, count] of transitions)
      this.#transitions[transition] = (this.#transitions[transition] ?? 0) + count;
    if (violations.length > 0) this.#violations += 1;
    return violations.length > 0 && this.#violations === 1;
  }

  summary(first: Failure | null): SimulationSummary {
    return {
      schedules: this.#schedules,
      violations: this.#violations,
      seconds: (performance.now() - this.#startedMs) / 1000,
      events: this.#events,
      outcomes: this.#outcomes,
      transitions: this.#transitions,
      first,
    };
  }
}

/** A tape for each seed of a range. */
export function* tapesOf({ fromSeed, schedules }: ScheduleRange): Generator<{
  readonly seed: number;
  readonly tape: ReturnType<typeof randomTape>;
}> {
  for (let seed = fromSeed; seed < fromSeed + schedules; seed += 1) yield { seed, tape: randomTape(seed) };
}
