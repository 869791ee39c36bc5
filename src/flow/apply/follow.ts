import { setTimeout as sleep } from "node:timers/promises";
import { applyRun } from "../../core/run/apply/apply.ts";
import { doubtPatienceMs } from "../../core/run/due/patience.ts";
import { isEnded, type RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { hasOwner } from "../../owner/control/client.ts";
import type { Clock } from "../../ports.ts";
import { type SiteLog, withLog } from "../site/site-log.ts";
import type { Workplace } from "../site/workplace.ts";

/** How a run in another process was left: at rest, without anybody who works on it, or let go by the caller. */
export type Followed =
  | { readonly kind: "at_rest"; readonly run: RunState }
  | { readonly kind: "unowned" }
  | { readonly kind: "detached" };

const pollMs = 100;

/** An owner that is being replaced is away for some milliseconds. */
const unownedRoundsMax = 15;

/** Watches a run that the owner in another process carries out, until it rests or nobody works on it any more. */
export function followToRest(
  place: Workplace,
  runId: string,
  detached: AbortSignal,
): Promise<Result<Followed, readonly Problem[]>> {
  const { socket } = place.store.paths;
  return withLog<Followed>(place, async (log) => {
    const followed = new FollowedRun(log, runId);
    const doubt = new DoubtWatch(place.ports.clock);
    let unownedRounds = 0;
    for (; !detached.aborted; await sleep(pollMs)) {
      const read = await followed.read();
      if (!read.ok) return fail([read.error]);
      const run = read.value;
      if (run === null) return ok({ kind: "unowned" });
      if (isEnded(run) || run.phase.kind === "dirty" || doubt.isBeyondReading(run)) return ok({ kind: "at_rest", run });
      unownedRounds = (await hasOwner(socket)) ? 0 : unownedRounds + 1;
      if (unownedRounds > unownedRoundsMax) return ok({ kind: "unowned" });
    }
    return ok({ kind: "detached" });
  });
}

/**
 * A run as the log has it by now. The list of runs would not do: it keeps the last move of a run, and one that drains,
 * or that was killed, may be in doubt all the same.
 */
class FollowedRun {
  readonly #log: SiteLog;
  readonly #runId: string;
  #run: RunState | null = null;
  #nextSeq = 0;

  constructor(log: SiteLog, runId: string) {
    this.#log = log;
    this.#runId = runId;
  }

  /** `null` while the log has no such run. Cost: the run's records since the last time. */
  async read(): Promise<Result<RunState | null, Problem>> {
    if (this.#run === null) return this.#readFirst();
    let run: RunState = this.#run;
    for await (const { event, seq, atMs } of this.#log.events(this.#runId, this.#nextSeq)) {
      run = applyRun(run, event, atMs);
      this.#nextSeq = seq + 1;
    }
    this.#run = run;
    return ok(run);
  }

  async #readFirst(): Promise<Result<RunState | null, Problem>> {
    if (this.#log.lists.runsByPrefix(this.#runId).length === 0) return ok(null);
    const { length } = await this.#log.end();
    const run = await this.#log.run(this.#runId, length - 1);
    if (run.ok) [this.#run, this.#nextSeq] = [run.value, length];
    return run;
  }
}

/** Gives a doubt as much time as the kernel's rule does, counted from when the doubt was first seen. */
class DoubtWatch {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #sinceMs: number | null = null;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  isBeyondReading(run: RunState): boolean {
    const patienceMs = doubtPatienceMs(run);
    if (patienceMs === null) {
      this.#sinceMs = null;
      return false;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    return nowMs - this.#sinceMs >= patienceMs;
  }
}
