import { parseArgs } from "node:util";

import { LabError } from "../lab-error.ts";

/** One option of a command; all values are text until the command reads them. */
export interface CommandOption {
  readonly name: string;
  readonly kind: "flag" | "value";
  /** Shown in the help in place of a value. */
  readonly placeholder?: string;
  readonly summary: string;
}

/** What a command is run with. */
export interface CommandInput {
  readonly positionals: readonly string[];
  readonly flag: (name: string) => boolean;
  readonly value: (name: string) => string | undefined;
  readonly print: (line: string) => void;
  /** Progress and diagnostics: never on stdout. */
  readonly say: (line: string) => void;
}

/** A command of `npm run lab --`. Resolves to its exit code. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  /** How many words may follow it that are no options. */
  readonly positionalCountMax: number;
  readonly examples: readonly string[];
  readonly run: (input: CommandInput) => Promise<number>;
}

/** Options that more than one command has. */
export const STATE_OPTION: CommandOption = {
  name: "state",
  kind: "value",
  placeholder: "DIR",
  summary: "the lab's state directory (default `.lab`, or LAB_STATE)",
};
/** `--json`. */
export const JSON_OPTION: CommandOption = { name: "json", kind: "flag", summary: "one JSON document on stdout" };

/** The state directory a command works on. */
export function stateDirectoryOf(input: CommandInput): string {
  return input.value("state") ?? process.env["LAB_STATE"] ?? ".lab";
}

/** Reads a whole number, or the default when the option was not given. */
export function wholeNumberOf(input: CommandInput, name: string, fallback: number): number {
  const text = input.value(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new LabError(
      "E_LAB_USAGE",
      `\`--${name}\` must be a whole number, not \`${text}\``,
      `for example --${name} ${fallback}`,
    );
  return value;
}

function refuse(command: Command, message: string): never {
  throw new LabError("E_LAB_USAGE", message, `usage: npm run lab -- ${command.usage}`);
}

/** Node's sentence on a wrong option, in our style. */
function toMessage(error: unknown): string {
  const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
  return sentence.replaceAll("'", "`").replace(/^./, (letter) => letter.toLowerCase());
}

/** Parses a command's arguments; unknown options and words too many are refused with its usage. */
export function parseCommandLine(
  command: Command,
  args: readonly string[],
): Pick<CommandInput, "positionals" | "flag" | "value"> {
  const options = Object.fromEntries(
    command.options.map((option) => [
      option.name,
      { type: option.kind === "flag" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  let parsed: { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse(command, toMessage(error));
  }
  const extra = parsed.positionals[command.positionalCountMax];
  if (extra !== undefined) refuse(command, `\`${extra}\` is one word too many`);
  return {
    positionals: parsed.positionals,
    flag: (name) => parsed.values[name] === true,
    value: (name) => {
      const value = parsed.values[name];
      return typeof value === "string" ? value : undefined;
    },
  };
}

/** Help of one command. */
export function describeCommand(command: Command): string {
  const label = (option: CommandOption): string =>
    `--${option.name}${option.kind === "value" ? ` ${option.placeholder ?? "VALUE"}` : ""}`;
  const width = Math.max(0, ...command.options.map((option) => label(option).length));
  const lines = [
    `npm run lab -- ${command.usage}`,
    "",
    command.summary,
    "",
    ...command.options.map((option) => `  ${label(option).padEnd(width)}  ${option.summary}`),
    "",
    ...command.examples.map((example) => `  $ ${example}`),
  ];
  return lines.join("\n").trimEnd();
}
