import { ownText, screen } from "../../../../core/value/screen.ts";
import type { Interviewer } from "../../../../interlock.ts";
import { askChoice, askLine } from "../../ask.ts";
import type { CliContext } from "../../context.ts";

/** Asks on the terminal; questions and remarks go to stderr, since data goes to stdout. */
export function terminalInterviewer(context: CliContext): Interviewer {
  return {
    text: (question, options) => askLine(screen`${question}`, options),
    choose: (question, options) => askChoice(screen`${question}`, options),
    tell: (said) => context.err(ownText(`${said}\n`)),
  };
}
