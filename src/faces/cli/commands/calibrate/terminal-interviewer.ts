import { escapeForTerminal } from "../../../../core/value/text.ts";
import type { Interviewer } from "../../../../interlock.ts";

/** Asks on the terminal; questions and remarks go to stderr, since data goes to stdout. */
export async function terminalInterviewer(): Promise<Interviewer> {
  const { isCancel, select, text } = await import("@clack/prompts");
  return {
    text: async (question, { initial, check }) => {
      const answer = await text({
        message: escapeForTerminal(question),
        output: process.stderr,
        validate: (value) => check(value ?? "") ?? undefined,
        ...(initial === undefined ? {} : { initialValue: initial }),
      });
      return isCancel(answer) ? null : answer;
    },
    choose: async (question, options) => {
      const answer = await select({
        message: escapeForTerminal(question),
        output: process.stderr,
        options: options.map((value) => ({ value, label: escapeForTerminal(value) })),
      });
      return isCancel(answer) ? null : String(answer);
    },
    tell: (said) => void process.stderr.write(`${said}\n`),
  };
}
