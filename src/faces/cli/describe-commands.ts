import type { Command, Option } from "commander";
import { examples } from "./examples.ts";
import { methodsOf } from "./methods.ts";

/** A command that does something (not a group of commands), with its whole name. */
export interface Leaf {
  readonly name: string;
  readonly command: Command;
}

/** Every command that does something, in the order of the program. */
export function leavesOf(command: Command, prefix = ""): readonly Leaf[] {
  return command.commands.flatMap((child) => {
    const name = `${prefix}${child.name()}`;
    return child.commands.length > 0 ? leavesOf(child, `${name} `) : [{ name, command: child }];
  });
}

/** Adds each command's examples to its help. */
export function addExamples(program: Command): void {
  for (const { name, command } of leavesOf(program)) {
    const lines = examples[name] ?? [];
    if (lines.length > 0)
      command.addHelpText(
        "after",
        `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`,
      );
  }
}

/** The command line as a page of Markdown, made from the same source as `interlock help`. */
export function describeCommands(program: Command): string {
  const head = [
    "# The command line",
    "",
    "`npm run docs:cli` writes this page from the program itself, and a test keeps it up to date. Exit codes:",
    "[exit-codes.md](exit-codes.md).",
    "",
    program.description(),
    "",
    "## Options of every command",
    "",
    ...table(program.options),
    "",
    "`INTERLOCK_STORE` and `INTERLOCK_NO_INPUT` stand for the options of the same names; the store's path is absolute.",
    "`INTERLOCK_ACTOR` says who gives the command when that is not the user of the operating system: a name,",
    "`agent:NAME` or `service:NAME`. One that is set and cannot be read is refused by every command. An agent may",
    "propose and read. A service may also run what people approved, and stop it.",
    "",
    "A plan that you leave out is `last`: the plan that your own last `plan`, `propose` or `rollback` in this site",
    "gave. If that command found nothing to do or was refused, no plan is the last one, and nothing older takes its",
    "place: the command is refused with `E_PLAN_UNNAMED`, which names the plans that wait. `apply` also takes the plan",
    "that you approved last. It takes no plan that has run already, unless that plan only reads. Interlock knows you",
    "by the name described above, so people or scripts that share a name should name their plans.",
    "",
    "`last` for a run is the newest run of anybody, where a command only reads. A command that tells a run something",
    "takes it only if no other run can be meant: while an older run has not ended, it is refused with `E_RUN_UNNAMED`,",
    "which names the runs. `rollback` takes a run that has ended only from the person who started it. The run that was",
    "taken is printed.",
    "",
  ];
  return `${[...head, ...leavesOf(program).flatMap(describeLeaf)].join("\n").trimEnd()}\n`;
}

function describeLeaf({ name, command }: Leaf): readonly string[] {
  const args = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  const rows = command.registeredArguments.map((argument, index) =>
    row(`\`${args[index] ?? ""}\``, `${argument.description}${defaultOf(argument.defaultValue)}`),
  );
  const lines = examples[name] ?? [];
  return [
    `## \`interlock ${[name, ...args].join(" ")}\``,
    "",
    `${sentence(command.description())}`,
    "",
    ...(rows.length + command.options.length > 0
      ? [row("", ""), row("---", "---"), ...rows, ...command.options.map(optionRow), ""]
      : []),
    ...describeMethods(name),
    ...(lines.length > 0 ? ["```console", ...lines.map((line) => `$ ${line}`), "```", ""] : []),
  ];
}

/** Where a program finds what the command does. */
function describeMethods(name: string): readonly string[] {
  const links = (methodsOf[name] ?? []).map((method) => `[\`${method}\`](api.md#interlock${method.toLowerCase()})`);
  return links.length === 0 ? [] : [`From a program: ${links.join(", ")}.`, ""];
}

function table(options: readonly Option[]): readonly string[] {
  return [row("", ""), row("---", "---"), ...options.map(optionRow)];
}

function optionRow(option: Option): string {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const required = option.mandatory ? "; required" : "";
  const byDefault = option.negate ? "" : defaultOf(option.defaultValue);
  return row(`\`${option.flags}\``, `${option.description}${choices}${required}${byDefault}`);
}

function defaultOf(value: unknown): string {
  const isEmpty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return isEmpty ? "" : ` (default: ${String(value)})`;
}

function row(left: string, right: string): string {
  return `| ${left} | ${right.replaceAll("|", "\\|")} |`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
