import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { RunRow } from "../../log/run-index.ts";
import { openReader, type StoreReader } from "../../log/sqlite/reader.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { storeFolder } from "./site.ts";

/** A run by its id, the beginning of one, or `last`. */
export function findRun(reader: StoreReader, wanted: string): Result<RunRow, Problem> {
  if (wanted === "last") {
    const [newest] = reader.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 });
    return newest === undefined ? fail(problem("E_RUN_UNKNOWN", "", "there is no run yet")) : ok(newest);
  }
  const found = reader.runsByPrefix(wanted.startsWith("run_") ? wanted : `run_${wanted}`);
  const [first, second] = found;
  if (first === undefined) return fail(problem("E_RUN_UNKNOWN", "", `there is no run ${quote(wanted)}`));
  if (second !== undefined && first.runId !== wanted)
    return fail(problem("E_RUN_UNKNOWN", "", `${quote(wanted)} begins more than one run`, "write more of its id"));
  return ok(first);
}

/** As `findRun`, opening the store for as long as it takes. */
export function findRunRow(context: CliContext, globals: GlobalOptions, wanted: string): Result<RunRow, Problem> {
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return reader;
  try {
    return findRun(reader.value, wanted);
  } finally {
    reader.value.close();
  }
}
