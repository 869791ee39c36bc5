import { setTimeout as sleep } from "node:timers/promises";
import { doubtPatienceMs } from "../../core/run/due/patience.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { endedStates } from "../../log/run-index.ts";
import { hasOwner } from "../../owner/control/client.ts";
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
    const doubt = new DoubtWatch();
    let unownedRounds = 0;
    for (; !detached.aborted; await sleep(pollMs)) {
      const look = await lookAt(log, runId);
      if (!look.ok) return look;
      if (look.value.kind === "unknown") return ok({ kind: "unowned" });
      if (look.value.kind === "settled" || (look.value.kind === "in_doubt" && doubt.isBeyondReading(look.value.run)))
        return ok({ kind: "at_rest", run: look.value.run });
      if (look.value.kind === "under_way") doubt.forget();
      unownedRounds = (await hasOwner(socket)) ? 0 : unownedRounds + 1;
      if (unownedRounds > unownedRoundsMax) return ok({ kind: "unowned" });
    }
    return ok({ kind: "detached" });
  });
}

async function lookAt(log: SiteLog, runId: string): Promise<Result<LookAt, readonly Problem[]>> {
  const [row] = log.lists.runsByPrefix(runId);
  if (row === undefined) return ok({ kind: "unknown" });
  const isSettled = row.state === "dirty" || endedStates.includes(row.state);
  if (!isSettled && row.state !== "in_doubt") return ok({ kind: "under_way" });
  const run = await log.run(runId);
  return run.ok ? ok({ kind: isSettled ? "settled" : "in_doubt", run: run.value }) : fail([run.error]);
}

/** Gives a doubt as much time as the kernel's rule does, counted from when the doubt was first seen. */
class DoubtWatch {
  #sinceMs: number | null = null;

  isBeyondReading(run: RunState): boolean {
    const patienceMs = doubtPatienceMs(run);
    if (patienceMs === null) {
      this.#sinceMs = null;
      return false;
    }
    this.#sinceMs ??= performance.now();
    return performance.now() - this.#sinceMs >= patienceMs;
  }

  forget(): void {
    this.#sinceMs = null;
  }
}

type LookAt =
  | { readonly kind: "unknown" }
  | { readonly kind: "under_way" }
  | { readonly kind: "settled" | "in_doubt"; readonly run: RunState };
