import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock locks`: who holds what, since when, and what is frozen. */
export function registerLocks(program: Command, run: RunCommand): void {
  program
    .command("locks")
    .description("list locks with the runs that hold them, and what is frozen")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => locksCommand(context, globals, { json: options.json === true })),
    );
}

async function locksCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  const { mapEntries } = await import("../../../core/run/collections/persistent-map.ts");
  const { escapeForTerminal } = await import("../../../core/value/text.ts");
  const { readSiteState } = await import("../../../log/site-snapshot.ts");
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { storeFolder } = await import("../site.ts");
  const reader = openReader(storeFolder(context, globals));
  // A store that does not exist yet locks nothing: an empty list, not an error.
  if (!reader.ok && reader.error.code === "E_INPUT_MISSING") return tellNothing(context, reader.error.message, options);
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const site = readSiteState(reader.value);
    const locks = mapEntries(site.locks).map(([lock, runId]) => {
      const [row] = reader.value.runsByPrefix(runId);
      return { lock, runId, state: row?.state ?? null, actor: row?.actor ?? null, sinceMs: row?.startedMs ?? null };
    });
    const { freezes } = site;
    if (options.json) {
      printDocument(context, { format: "interlock.locks/1", locks, freezes });
      return 0;
    }
    for (const { lock, runId, state, actor, sinceMs } of locks)
      context.out(
        `${escapeForTerminal(lock)}  held by ${runId}  ${state ?? "unknown"}  since ${sinceMs === null ? "?" : new Date(sinceMs).toISOString()}  ${escapeForTerminal(actor ?? "")}\n`,
      );
    for (const { scope, by, reason, sinceMs } of freezes)
      context.out(
        `${escapeForTerminal(scope)}  FROZEN by ${escapeForTerminal(by.id)} since ${new Date(sinceMs).toISOString()}${reason === "" ? "" : `: ${escapeForTerminal(reason)}`}\n`,
      );
    if (locks.length === 0 && freezes.length === 0) context.out("nothing is locked or frozen\n");
    return 0;
  } finally {
    reader.value.close();
  }
}

function tellNothing(context: CliContext, why: string, options: { readonly json: boolean }): number {
  if (options.json) printDocument(context, { format: "interlock.locks/1", locks: [], freezes: [] });
  else {
    context.err(`${why}\n`);
    context.out("nothing is locked or frozen\n");
  }
  return 0;
}
