import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { endedStates, type RunRow, unfinishedStates } from "../../log/run-index.ts";
import type { SiteLog } from "./site-log.ts";

/** A shorter beginning of an id names nothing. */
const prefixCharsMin = 6;

/**
 * A run by its id, by the beginning of its id, or by `last`, the newest of anybody: for what only reads. Fewer than six
 * characters behind `run_` begin no id: they do not say which run is meant.
 */
export async function findRun(log: SiteLog, wanted: string): Promise<Result<RunRow, Problem>> {
  const typed = wanted.startsWith("run_") ? wanted : `run_${wanted}`;
  const range = { state: null, beforeSeq: Number.MAX_SAFE_INTEGER };
  const rows = wanted === "last" ? log.lists.runs({ ...range, limit: 1 }) : log.lists.runsByPrefix(typed);
  const [row, another] = rows;
  if (row === undefined) return fail(unknownRun(wanted));
  if (wanted === "last" || row.runId === typed) return ok(row);
  if (another === undefined && typed.length >= "run_".length + prefixCharsMin) return ok(row);
  const named = log.lists.runsWithPrefix({ ...range, prefix: typed, limit: namedMax + 1 });
  return fail(ambiguousRun(wanted, named));
}

/** A beginning that several runs share, or that is too short to name the one there is. */
function ambiguousRun(wanted: string, rows: readonly RunRow[]): Problem {
  const names = rows.slice(0, namedMax).map(({ runId }) => `\`${runId}\``);
  const more = rows.length > namedMax ? " and more" : "";
  const message =
    rows.length > 1
      ? `more than one run begins with ${quote(wanted)}: ${names.join(", ")}${more}`
      : `${quote(wanted)} is too short to name a run; one begins with it: ${names.join(", ")}`;
  return problem("E_RUN_UNKNOWN", "", message, "write more of its id", { do: "list_runs" });
}

/** What a run is wanted for, and by whom. */
export interface WantedRun {
  readonly run: string;
  readonly actor: Principal;
  /** The name of the word that is to be said to it. */
  readonly word: string;
}

/**
 * A run that is to be told something. `last` means the newest run only where no other can be meant: a store is shared,
 * and a word said to somebody else's run cannot be taken back.
 *
 * @returns `E_RUN_UNNAMED` with the runs that may be meant: if an older run has not ended, and for a way back, if the
 *   newest run has ended and somebody else started it
 *
 * Cost: O(runs that have not ended).
 */
export async function findRunFor(log: SiteLog, { run, actor, word }: WantedRun): Promise<Result<RunRow, Problem>> {
  const found = await findRun(log, run);
  if (run !== "last" || !found.ok) return found;
  const newest = found.value;
  const open = unfinishedStates.flatMap((state) =>
    log.lists.runs({ state, beforeSeq: Number.MAX_SAFE_INTEGER, limit: openMax }),
  );
  const others = open.filter(({ runId }) => runId !== newest.runId).sort((one, other) => other.seq - one.seq);
  const isOver = endedStates.includes(newest.state);
  // Of a run that has ended, only a way back can still be planned. People mean their own run then.
  const isForeign = isOver && word === "rollback" && newest.actor !== actor.id;
  return others.length === 0 && !isForeign ? found : fail(unnamedRun([newest, ...others], word));
}

/** As many open runs of one state are looked at. */
const openMax = 20;
/** As many as fit on a line. */
const namedMax = 4;

function unnamedRun(runs: readonly RunRow[], word: string): Problem {
  const named = runs
    .slice(0, namedMax)
    .map(({ runId, state, actor }) => `\`${runId}\` (${state.replaceAll("_", " ")}, started by ${quote(actor)})`);
  const more = runs.length > namedMax ? ` and ${runs.length - namedMax} more` : "";
  const message = `\`last\` may mean more than one run here: ${named.join(", ")}${more}`;
  return problem("E_RUN_UNNAMED", "", message, `name the run that you mean to ${word}`, { do: "list_runs" });
}

function unknownRun(wanted: string): Problem {
  if (wanted === "last") return problem("E_RUN_UNKNOWN", "", "there is no run yet");
  return problem("E_RUN_UNKNOWN", "", `there is no run ${quote(wanted)}`);
}
