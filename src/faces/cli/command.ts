import type { Command } from "commander";
import type { Principal } from "../../interlock.ts";
import type { CliContext } from "./context.ts";

/**
 * How a command joins the program. The file that registers it loads quickly. What is slow to load is imported
 * inside the action, so that `interlock help` and other commands do not pay for it.
 */
export type RegisterCommand = (program: Command, run: RunCommand) => void;

/** Wraps an action: builds the context from the global options and keeps the exit code that the action returns. */
export type RunCommand = (action: (context: CliContext, globals: GlobalOptions) => Promise<number>) => Promise<void>;

/** The options that every command takes. */
export interface GlobalOptions {
  /** Folder of the store; `null` means `.interlock/` beside interlock.yaml. */
  readonly store: string | null;
  /** The site's configuration file; `null` means the nearest interlock.yaml upwards. */
  readonly config: string | null;
  /** Who gives the command. */
  readonly actor: Principal;
}
