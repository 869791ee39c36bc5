import { Command, CommanderError, Option } from "commander";
import { type Problem, problem } from "../../core/value/codes.ts";
import { block, ownText, type ScreenText, screen } from "../../core/value/screen.ts";
import { systemProblem } from "../../core/value/system-error.ts";
import { endWithoutOutput } from "./broken-pipe.ts";
import type { RunCommand } from "./command.ts";
import { loadCommands } from "./commands/index.ts";
import { type CliContext, processContext } from "./context.ts";
import { addExamples } from "./describe-commands.ts";
import { refuse } from "./report.ts";
import { readSurroundings } from "./surroundings.ts";
import { releaseVersion } from "./version.ts";
import { wordCommand } from "./word-next.ts";

interface ProgramOptions {
  readonly color: "always" | "never" | "auto";
  readonly input: boolean;
  readonly store?: string;
  readonly config?: string;
}

/** Runs the command line and returns its exit code (docs/exit-codes.md). Never throws. */
export async function main(
  argv: readonly string[],
  contextFor: (options: ProgramOptions) => CliContext = processContext,
): Promise<number> {
  endWithoutOutput();
  const json = argv.includes("--json");
  let exitCode = 0;
  let complaint = "";
  const context = (): CliContext => contextFor(program.opts<ProgramOptions>());
  const run: RunCommand = async (action) => {
    const found = context();
    const globals = await readSurroundings(found, program.opts<ProgramOptions>());
    const asked = { ...found, command: commandNamed(program, argv) };
    exitCode = globals.ok ? await action(asked, globals.value) : refuse(asked, globals.error, { json });
  };
  const write = {
    out: (text: string) => context().out(ownText(text)),
    err: (text: string) => void (complaint += text),
  };
  const program = await createProgram(run, write, argv[0]);
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return refuse(context(), [problemOf(error, context())], { json });
    // Commander throws for help and version too.
    if (error.exitCode === 0) return 0;
    if (json) return refuse(context(), [problem("E_USAGE", "", error.message.replace(/^error: /, ""))], { json });
    const help = wordCommand(context(), "help", ...commandNamed(program, argv));
    // Where a command is missing, that is a help text. Otherwise it repeats what was typed, with any character.
    const shown = error.code === "commander.help" ? ownText(complaint) : wordComplaint(complaint);
    context().err(screen`${shown}(see \`${help}\`)\n`);
    return 64;
  }
}

/** The command that was meant, if its name was typed. */
function commandNamed({ commands }: Command, argv: readonly string[]): readonly string[] {
  const named = argv.find((word) => commands.some((command) => command.name() === word));
  return named === undefined ? [] : [named];
}

/** A complaint of the option parser: one row for what is wrong, and one for its suggestion. */
function wordComplaint(complaint: string): ScreenText {
  const text = complaint.replace(/^error: /, "").replace(/\n$/, "");
  const suggestion = /\n(\(Did you mean [^\n]*\?\))$/.exec(text)?.[1] ?? null;
  if (suggestion === null) return screen`E_USAGE ${text}\n`;
  return screen`E_USAGE ${text.slice(0, -suggestion.length - 1)}\n${suggestion}\n`;
}

/**
 * What the operating system refused, or a defect of ours. Prints a defect's stack so that it can be reported; the door
 * returns everything else as a problem.
 */
function problemOf(error: unknown, context: CliContext): Problem {
  const refused = systemProblem(error);
  if (refused !== null) return refused;
  if (!(error instanceof Error)) return problem("E_INTERNAL", "", String(error));
  context.err(screen`${block(error.stack ?? error.message)}\n`);
  return problem("E_INTERNAL", "", `${error.name}: ${error.message}`);
}

/**
 * The program with its commands and their options, as the command line and its documentation see them.
 *
 * @param firstWord - the first word of the command line, if only the commands that it needs should be loaded
 */
export async function createProgram(
  run: RunCommand,
  write: { readonly out: (text: string) => void; readonly err: (text: string) => void },
  firstWord?: string,
): Promise<Command> {
  const program = emptyProgram().configureOutput({ writeOut: write.out, writeErr: write.err });
  for (const register of await loadCommands(firstWord)) register(program, run);
  addExamples(program);
  return program;
}

/** The program without its commands. */
function emptyProgram(): Command {
  return new Command("interlock")
    .description("Language models may propose; only a deterministic system decides and executes.")
    .version(releaseVersion(), "-V, --version", "print the version")
    .option("--store <folder>", "the store's folder (default: .interlock/ beside interlock.yaml)")
    .option("--config <file>", "the site's configuration (default: the nearest interlock.yaml upwards)")
    .addOption(new Option("--color <when>", "colour").choices(["always", "never", "auto"]).default("auto"))
    .option("--no-input", "ask nothing; also INTERLOCK_NO_INPUT=1")
    .commandsGroup("Others:")
    .helpCommand("help [command]", "tell more about a command")
    .showSuggestionAfterError(true)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .exitOverride();
}
