import { setTimeout as sleep } from "node:timers/promises";
import { doubtPatienceMs } from "../../core/run/due/patience.ts";
import { isEnded } from "../../core/run/tell/view.ts";
import type { Event } from "../../core/run/words/event.ts";
import type { RunState } from "../../core/run/words/state.ts";
import type { Engine } from "../../engine/engine.ts";
import { loadRun } from "../../log/load-state.ts";
import { endedStates } from "../../log/run-index.ts";
import { storePaths } from "../../log/sqlite/open.ts";
import { openReader, type StoreReader } from "../../log/sqlite/reader.ts";
import { hasOwner, sendControl } from "../../owner/control/client.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import { eventPrinter } from "./progress/print-event.ts";
import type { RunDisplay } from "./run-to-rest.ts";
import { storeFolder } from "./site.ts";

/*
 * A store has one owner; a plan that is applied while there is one runs in the owner's process. These are the two sides of that:
 * the owner, who does not leave before his guests rest, and whoever asked, who follows his run from beside.
 */

/** Stays until every run that another process began here rests, or until Ctrl-C: then that process goes on with it. */
export async function stayForGuests(context: CliContext, engine: Engine, guests: ReadonlySet<string>): Promise<void> {
  const rested = new Set<string>();
  let leave: () => void = () => undefined;
  const isLeaving = new Promise<"leaving">((resolve) => (leave = () => resolve("leaving")));
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  try {
    for (;;) {
      const open = [...guests].filter((runId) => !rested.has(runId) && isUnderWay(engine.run(runId)));
      const [first] = open;
      if (first === undefined) return;
      context.err(`stays for ${open.join(", ")}, begun by another process; Ctrl-C leaves it to that process\n`);
      const atRest = Promise.all(open.map(async (runId) => rested.add((await engine.whenIdle(runId)).prepared.runId)));
      if ((await Promise.race([atRest, isLeaving])) === "leaving") return;
    }
  } finally {
    process.off("SIGINT", leave);
    process.off("SIGTERM", leave);
  }
}

function isUnderWay(run: RunState | null): boolean {
  return run !== null && !isEnded(run);
}

/** How a run that was followed came to be left: at rest, without anyone who works on it, or by whoever watched. */
export type Followed =
  | { readonly kind: "at_rest"; readonly run: RunState }
  | { readonly kind: "unowned" }
  | { readonly kind: "detached" };

const pollMs = 100;

/** An owner that is about to be replaced is away for some milliseconds. */
const unownedRoundsMax = 15;

/** A reading takes its time too: a doubt is given at least this long. */
const patienceMsMin = 2_000;

/** Follows a run in the process of the store's owner until it rests. The first Ctrl-C stops it there, the second leaves it. */
export async function followGuest(
  context: CliContext,
  globals: GlobalOptions,
  runId: string,
  display: RunDisplay,
): Promise<Followed> {
  const folder = storeFolder(context, globals);
  const reader = openReader(folder);
  if (!reader.ok) return { kind: "unowned" };
  const interrupted = stopElsewhere(context, storePaths(folder).socket, runId);
  try {
    return await followToRest(context, reader.value, {
      runId,
      socket: storePaths(folder).socket,
      display,
      isDetached: interrupted.isDetached,
    });
  } finally {
    interrupted.dispose();
    reader.value.close();
  }
}

async function followToRest(
  context: CliContext,
  reader: StoreReader,
  of: {
    readonly runId: string;
    readonly socket: string;
    readonly display: RunDisplay;
    readonly isDetached: () => boolean;
  },
): Promise<Followed> {
  const { runId, socket, display } = of;
  const tellNews = newsOf(context, reader, runId, display);
  let unownedRounds = 0;
  let doubtSinceMs: number | null = null;
  for (; !of.isDetached(); await sleep(pollMs)) {
    const [row] = reader.runsByPrefix(runId);
    tellNews();
    if (row === undefined) return { kind: "unowned" };
    if (row.state === "dirty" || endedStates.includes(row.state))
      return { kind: "at_rest", run: loadRun(reader, runId) };
    doubtSinceMs = row.state === "in_doubt" ? (doubtSinceMs ?? performance.now()) : null;
    const patienceMs = doubtSinceMs === null ? null : doubtPatienceMs(loadRun(reader, runId));
    if (
      doubtSinceMs !== null &&
      patienceMs !== null &&
      performance.now() - doubtSinceMs > Math.max(patienceMs, patienceMsMin)
    )
      return { kind: "at_rest", run: loadRun(reader, runId) };
    unownedRounds = (await hasOwner(socket)) ? 0 : unownedRounds + 1;
    if (unownedRounds > unownedRoundsMax) return { kind: "unowned" };
  }
  return { kind: "detached" };
}

/** Prints what has been recorded of a run since it was last asked. */
function newsOf(context: CliContext, reader: StoreReader, runId: string, display: RunDisplay): () => void {
  const printer = display.json
    ? null
    : eventPrinter(context, { jsonl: display.jsonl, startMs: reader.runsByPrefix(runId)[0]?.startedMs ?? 0 });
  let fromSeq = 0;
  return () => {
    for (const { record, bodyText } of reader.entries({ stream: runId, fromSeq, limit: 1_000 })) {
      // Our own engine wrote it; `log verify` is what checks that nobody else did.
      if (bodyText !== null) printer?.print(JSON.parse(bodyText) as Event, record.atMs);
      fromSeq = record.seq + 1;
    }
  };
}

function stopElsewhere(
  context: CliContext,
  socket: string,
  runId: string,
): { readonly isDetached: () => boolean; readonly dispose: () => void } {
  let count = 0;
  const onInterrupt = (): void => {
    count += 1;
    if (count > 1) return;
    context.err("stopping after what is in flight; Ctrl-C again leaves it as it stands\n");
    void sendControl(socket, {
      kind: "stop",
      runId,
      by: currentPrincipal(context),
      reason: "interrupted at the terminal",
    });
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
  return {
    isDetached: () => count > 1,
    dispose: () => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onInterrupt);
    },
  };
}
