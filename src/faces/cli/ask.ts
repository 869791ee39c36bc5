import { printable, type ScreenText, screen } from "../../core/value/screen.ts";

// The only file that uses `@clack/prompts`. A question goes where diagnostics go, because data goes to stdout.

/** Has a line typed; `null` if the person calls it off. */
export async function askLine(
  message: ScreenText,
  options: { readonly initial?: string; readonly check?: (typed: string) => string | null } = {},
): Promise<string | null> {
  const { isCancel, text } = await import("@clack/prompts");
  const { initial, check } = options;
  const answer = await text({
    message: printable(message),
    output: process.stderr,
    ...(initial === undefined ? {} : { initialValue: initial }),
    ...(check === undefined ? {} : { validate: (value) => check(value ?? "") ?? undefined }),
  });
  return isCancel(answer) ? null : answer;
}

/** Has one of several answers chosen; `null` if the person calls it off. */
export async function askChoice(message: ScreenText, choices: readonly string[]): Promise<string | null> {
  const { isCancel, select } = await import("@clack/prompts");
  const answer = await select({
    message: printable(message),
    output: process.stderr,
    options: choices.map((value) => ({ value, label: printable(screen`${value}`) })),
  });
  return isCancel(answer) ? null : String(answer);
}

/** Asks for a yes. Everything else is a no. */
export async function askYes(message: ScreenText): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  return (await confirm({ message: printable(message), initialValue: false, output: process.stderr })) === true;
}
