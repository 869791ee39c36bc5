import { commandOf } from "../../core/value/next-command.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import type { CliContext } from "./context.ts";

/** What a hint needs to know: how the user starts the program. */
export type Starter = Pick<CliContext, "program" | "command">;

/** A next step as the command that takes it. Words in capitals stand for what only the person knows. */
export function wordNext(starter: Starter, next: NextStep): string {
  // How a command is called stands in its own help.
  const words = next.do === "read_help" ? ["help", ...(starter.command ?? [])] : commandOf(next);
  return wordCommand(starter, ...words);
}

/** A command of this program as the user would type it. The caller quotes words that come from outside. */
export function wordCommand({ program }: Starter, ...words: readonly string[]): string {
  return [program, ...words].join(" ");
}
