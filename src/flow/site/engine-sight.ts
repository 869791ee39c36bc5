import { setTimeout as sleep } from "node:timers/promises";
import { ok } from "../../core/value/result.ts";
import type { RunListState } from "../../log/run-index.ts";
import { hasOwner } from "../../owner/control/client.ts";
import { type SiteLog, withLog } from "./site-log.ts";
import type { Workplace } from "./workplace.ts";

/** States in which an engine has something to do. In all others the run has ended, or waits for a person. */
export const workedStates: readonly RunListState[] = ["running", "draining", "compensating", "in_doubt"];

/**
 * Finds out whether an engine works on a run. The owner of the store does if it started the run or has taken it over.
 * An owner that came later for something else leaves the runs of a killed engine alone, so an answer at the socket
 * alone says nothing about a run.
 *
 * A second question reads only what is new.
 */
export class EngineSight {
  readonly #place: Pick<Workplace, "store">;
  readonly #site: Tail = { nextSeq: 0, epoch: 0 };
  readonly #runs = new Map<string, Tail>();

  constructor(place: Pick<Workplace, "store">) {
    this.#place = place;
  }

  /** @returns `null` if the log is in a journal elsewhere, whose owner may be on another machine */
  async worksOn(log: SiteLog, runId: string): Promise<boolean | null> {
    const { paths, isMirror } = this.#place.store;
    if (!(await hasOwner(paths.socket))) return isMirror ? null : false;
    const run = this.#runs.get(runId) ?? { nextSeq: 0, epoch: 0 };
    this.#runs.set(runId, run);
    await readOn(log, "site", this.#site);
    await readOn(log, runId, run);
    return run.epoch === this.#site.epoch;
  }
}

/** How far a stream has been read, and the newest epoch in it. */
interface Tail {
  nextSeq: number;
  epoch: number;
}

async function readOn(log: SiteLog, stream: string, tail: Tail): Promise<void> {
  for await (const { event, seq } of log.events(stream, tail.nextSeq)) {
    tail.nextSeq = seq + 1;
    if (event.kind === "engine_opened" || event.kind === "run_started" || event.kind === "epoch_changed")
      tail.epoch = event.epoch;
  }
}

/** How often to look for the owner, and how long it may be away: a process that takes a run over needs a moment. */
const [lookMs, awayMs] = [500, 2_000] as const;

/**
 * Reports when the engine of a run goes, and when one comes: `false` once none has worked on it for two seconds, `true`
 * once one does again. The first answer may be either.
 */
export async function* watchEngine(
  place: Workplace,
  runId: string,
  { isOver, detached }: { readonly isOver: (log: SiteLog) => Promise<boolean>; readonly detached: AbortSignal },
): AsyncGenerator<boolean> {
  const sight = new EngineSight(place);
  let told: boolean | null = null;
  for (let awaySinceMs: number | null = null; !detached.aborted; ) {
    const seen = await withLog(place, async (log) =>
      ok((await isOver(log)) ? ("over" as const) : await sight.worksOn(log, runId)),
    );
    // If the store can no longer be read, the events end too, and the view says why.
    if (!seen.ok || seen.value === "over") return;
    const isThere = seen.value !== false;
    awaySinceMs = isThere ? null : (awaySinceMs ?? performance.now());
    const isGone = awaySinceMs !== null && performance.now() - awaySinceMs >= awayMs;
    if ((isThere || isGone) && told !== isThere) {
      told = isThere;
      yield isThere;
    }
    await sleep(lookMs, undefined, { signal: detached }).catch(() => undefined);
  }
}
