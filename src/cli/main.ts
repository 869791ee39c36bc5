import { Command, CommanderError, Option } from "commander";
import { problem } from "../core/value/codes.ts";
import type { GlobalOptions, RunCommand } from "./command.ts";
import { commands } from "./commands/index.ts";
import { type CliContext, processContext } from "./context.ts";
import { reportProblems } from "./report.ts";
import { releaseVersion } from "./version.ts";

interface ProgramOptions {
  readonly color: "always" | "never" | "auto";
  readonly input: boolean;
  readonly store?: string;
  readonly config?: string;
}

/** Runs the command line and gives its exit code (docs/exit-codes.md); never throws. */
export async function main(argv: readonly string[], contextFor: (options: ProgramOptions) => CliContext = processContext): Promise<number> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const program = createProgram();
  let exitCode = 0;
  const run: RunCommand = async (action) => {
    const options = program.opts<ProgramOptions>();
    const context = contextFor(options);
    const globals: GlobalOptions = { store: options.store ?? context.environment["INTERLOCK_STORE"] ?? null, config: options.config ?? null };
    exitCode = await action(context, globals);
  };
  for (const register of commands) register(program, run);
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed usage errors itself; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return reportProblems(contextFor(program.opts<ProgramOptions>()), [problem("E_INTERNAL", "", message)]);
  }
}

/** The program without its commands. */
function createProgram(): Command {
  return new Command("interlock")
    .description("Language models may propose; only a deterministic system decides and executes.")
    .version(releaseVersion(), "-V, --version", "print the version")
    .option("--store <folder>", "the store's folder (default: .interlock/ beside interlock.yaml)")
    .option("--config <file>", "the site's configuration (default: the nearest interlock.yaml upwards)")
    .addOption(new Option("--color <when>", "colour").choices(["always", "never", "auto"]).default("auto"))
    .option("--no-input", "ask nothing; also INTERLOCK_NO_INPUT=1")
    .helpCommand("help [command]", "tell more about a command")
    .showSuggestionAfterError(true)
    .showHelpAfterError("(see `interlock help`)")
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .exitOverride();
}
