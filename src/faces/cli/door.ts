import type { Problem } from "../../core/value/codes.ts";
import { block, screen } from "../../core/value/screen.ts";
import type { Interlock, SiteAddress } from "../../interlock.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { interrupts } from "./interrupts.ts";
import { lookDisplay } from "./progress/look-display.ts";
import { refuse } from "./report.ts";
import { configPath, storeFolder } from "./site.ts";

/** Where the command works, from its options and environment. */
function siteAddress(context: CliContext, globals: GlobalOptions): SiteAddress {
  const { environment } = context;
  return {
    config: configPath(context, globals),
    store: storeFolder(context, globals),
    actor: globals.actor,
    environment,
  };
}

/** Opens the site for one command and closes it afterwards. Stays as long as other processes have runs here. */
export async function withInterlock(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
  use: (interlock: Interlock) => Promise<number>,
): Promise<number> {
  const { openInterlock } = await import("../../interlock.ts");
  // A defect is reported with its stack.
  const onDefect = (error: unknown): void =>
    context.err(screen`${block(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  const look = lookDisplay(context, options);
  const opened = await openInterlock(siteAddress(context, globals), { onDefect, onLook: look.onLook });
  if (!opened.ok) return refuse(context, opened.error, options);
  try {
    return await use(opened.value);
  } finally {
    look.dispose();
    await leave(context, opened.value);
  }
}

/**
 * The problem that a store was named and is not there, or `null`. A store that was mistyped must not look like one in
 * which nothing has happened, and must not be created by a command that only wants to look.
 */
export async function findMissingStore(globals: GlobalOptions, interlock: Interlock): Promise<Problem | null> {
  if (globals.store === null) return null;
  const page = await interlock.runs({ state: null, plan: null, prefix: null, beforeSeq: null, limit: 1 });
  return page.ok ? page.value.noStore : null;
}

async function leave(context: CliContext, interlock: Interlock): Promise<void> {
  const leaving = new AbortController();
  const interrupted = interrupts({ onFirst: () => leaving.abort() });
  try {
    await interlock.close({
      leave: leaving.signal,
      onStay: (runIds) =>
        context.err(
          screen`waits for ${runIds.join(", ")}, which another process started; Ctrl-C leaves it to that process\n`,
        ),
    });
  } finally {
    interrupted.dispose();
  }
}
