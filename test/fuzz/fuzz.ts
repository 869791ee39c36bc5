import { createRng, type RngCursor } from "../../src/core/value/rng.ts";

/** One way in: a reader of what strangers write, and what must be so for everything that it is given. */
export interface FuzzTarget {
  readonly name: string;
  /** Prepares what all cases share. */
  open(): Promise<OpenTarget>;
}

/** A target that is ready. */
export interface OpenTarget {
  /** Makes one input, gives it to the reader and says whether it was taken. Throws if something is wrong. */
  play(rng: RngCursor): boolean | Promise<boolean>;
  /** Checks once more that everything still works, and gives back what was held. */
  close(): Promise<void>;
}

/** What a course of cases came to. */
export interface FuzzFigures {
  readonly caseCount: number;
  /** Inputs that were taken. The others were refused. */
  readonly takenCount: number;
  readonly slowestMs: number;
  /** The first case that failed, or `null`. Later cases are not played. */
  readonly failure: { readonly index: number; readonly message: string } | null;
}

/** No input of these sizes takes a reader so long, however busy the machine is. */
const caseMsMax = 20_000;

/**
 * Plays cases of a target. Each case has a seed of its own, made of the course's seed and its number, so that one case
 * can be played again alone.
 *
 * @param only - the number of the one case to play, or `null`
 */
export async function fuzz(target: FuzzTarget, { seed, until, only = null }: FuzzCourse): Promise<FuzzFigures> {
  const open = await target.open();
  let [caseCount, takenCount, slowestMs] = [0, 0, 0];
  let failure: FuzzFigures["failure"] = null;
  for (let index = only ?? 0; failure === null && (only === null ? !until(caseCount) : caseCount === 0); index += 1) {
    const beganMs = performance.now();
    try {
      if (await open.play(createRng((seed % 1_000_000) * 10_000_000 + index))) takenCount += 1;
      const tookMs = performance.now() - beganMs;
      slowestMs = Math.max(slowestMs, tookMs);
      if (tookMs > caseMsMax) failure = { index, message: `took ${Math.round(tookMs)} ms` };
    } catch (error) {
      failure = { index, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    caseCount += 1;
  }
  try {
    await open.close();
  } catch (error) {
    failure ??= { index: caseCount, message: `afterwards: ${error instanceof Error ? error.message : String(error)}` };
  }
  return { caseCount, takenCount, slowestMs, failure };
}

/** Which cases to play. */
export interface FuzzCourse {
  readonly seed: number;
  /** Whether enough was played, by how many cases were. */
  readonly until: (caseCount: number) => boolean;
  readonly only?: number | null;
}
