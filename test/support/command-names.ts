import type { Command } from "commander";
import { createProgram } from "../../src/faces/cli/main.ts";

const program = await createProgram(async () => undefined, { out: () => undefined, err: () => undefined });

/** The command lines of `interlock` in a piece of code, as words. An operator of the shell ends a command line. */
export function commandLines(code: string): readonly (readonly string[])[] {
  return [...code.matchAll(/(?:^|[\s(])(?:npx (?:@interlock-run\/)?)?interlock ((?:(?!&&|[|;>)#]| {2,}).)+)/g)].map(
    ([, rest = ""]) => rest.trim().split(/\s+/),
  );
}

/** The words after `interlock` that are wrong: a command or an option that the program does not have. */
export function unknownWords(words: readonly string[]): readonly string[] {
  let command: Command = program;
  for (const word of words) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
  }
  const [first = ""] = words;
  if (command === program && /^[a-z]/.test(first) && first !== "help") return [first];
  const known = [program, command].flatMap(({ options }) =>
    options.flatMap(({ short, long }) => [short, long].filter((name) => name !== undefined)),
  );
  return words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/=.*$|[^\w-]+$/g, ""))
    .filter((word) => !["--help", "-h", ...known].includes(word));
}

/** The commands that the hints of a printed text name, as words. */
export function hintedCommands(printed: string): readonly (readonly string[])[] {
  const hints = printed.split("\n").filter((line) => /\b(?:next|more|then|see|example|tried)\b/.test(line));
  return hints.flatMap((line) => commandLines(line.replaceAll(/[`)]/g, " ")));
}
