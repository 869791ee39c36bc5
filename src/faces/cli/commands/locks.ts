import type { Command } from "commander";
import { actorName } from "../../../core/value/actor-name.ts";
import { quoted, screen, sentence } from "../../../core/value/screen.ts";
import type { Locked } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";
import { wordState } from "../word-state.ts";

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

function locksCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], options);
    const found = await interlock.locks();
    if (!found.ok) return refuse(context, found.error, options);
    const { locks, freezes, held } = found.value;
    if (options.json) printDocument(context, { format: "interlock.locks/1", locks, freezes, held });
    else tell(context, found.value);
    return 0;
  });
}

function tell(context: CliContext, { locks, freezes, held, noStore }: Locked): void {
  if (noStore !== null) context.err(screen`${sentence(noStore.message)}\n`);
  for (const { lock, runId, state, actor, sinceMs, hasEngine } of locks) {
    const since = sinceMs === null ? "?" : showTime(sinceMs);
    const holder = screen`held by ${runId}  ${wordState(state, hasEngine)}  since ${since}`;
    context.out(screen`${lock}  ${holder}  ${actor ?? ""}\n`);
  }
  for (const { scope, by, reason, sinceMs } of freezes) {
    const why = reason === "" ? "" : screen`, who says ${quoted(reason)}`;
    const since = showTime(sinceMs);
    context.out(screen`${scope}  FROZEN since ${since} by ${actorName(by)}${why}\n`);
  }
  if (held !== null) context.out(screen`*  HELD: ${sentence(held.message)} (${held.code})\n`);
  const isFree = locks.length === 0 && freezes.length === 0 && held === null;
  if (isFree) context.out(screen`nothing is locked or frozen\n`);
}
