import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Command } from "commander";
import type { Problem } from "../../../core/value/codes.ts";
import { assertNever } from "../../../core/value/invariant.ts";
import { fail, ok, type Result } from "../../../core/value/result.ts";
import { screen } from "../../../core/value/screen.ts";
import { quote } from "../../../core/value/text.ts";
import type { Checked, CheckRequest } from "../../../interlock.ts";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import { type CliContext, readInput } from "../context.ts";
import { withInterlock } from "../door.ts";
import { parseInputs } from "../parse-inputs.ts";
import { exitCodeOf, printDocument, reportProblems } from "../report.ts";

interface CheckOptions {
  readonly pack: string | null;
  readonly goal: string;
  readonly input: readonly string[];
  readonly json: boolean;
}

/** `interlock check`: finds everything that can be refused without looking at the world. Executes nothing. */
export function registerCheck(program: Command, run: RunCommand): void {
  program
    .command("check")
    .argument("<file>", "a proposal (`-` for stdin), a situation, or a pack's folder")
    .description("check a proposal, a situation or a pack; executes nothing and reads nothing from the targets")
    .option(
      "--pack <folder>",
      "check against this pack (default: the one interlock.yaml names, or the one that a situation lies in)",
    )
    .option("--goal <guard>", "the operator's goal, a guard over facts", "")
    .option("--input <name=json>", "an input of the proposal, once each", collect, [])
    .option("--json", "one JSON document: {format, ok, problems}")
    .action((file: string, options: { pack?: string; goal: string; input: readonly string[]; json?: boolean }) =>
      run((context, globals) =>
        checkCommand(context, globals, file, {
          pack: options.pack ?? null,
          goal: options.goal,
          input: options.input,
          json: options.json === true,
        }),
      ),
    );
}

function checkCommand(
  context: CliContext,
  globals: GlobalOptions,
  file: string,
  options: CheckOptions,
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const request = await readRequest(context, file, options);
    const checked = request.ok ? await interlock.check(request.value) : request;
    const problems = checked.ok ? [] : checked.error;
    if (options.json) {
      printDocument(context, { format: "interlock.check/1", ok: problems.length === 0, problems });
      return exitCodeOf(problems);
    }
    if (checked.ok) {
      context.out(screen`${describe(checked.value)}: nothing to refuse\n`);
      for (const name of "unenforced" in checked.value ? checked.value.unenforced : [])
        context.out(screen`note: the confidentiality of ${quote(name)} is recorded and not enforced yet\n`);
      const invariants = "invariants" in checked.value ? checked.value.invariants : [];
      if (invariants.length > 0)
        context.out(screen`note: held when a plan is made and while it runs: ${invariants.map(quote).join(", ")}\n`);
    }
    return reportProblems(context, problems);
  });
}

/**
 * What is to be checked, by its name: a folder or `domain.yaml` is a pack, other YAML is a situation, and anything else
 * is a proposal.
 */
async function readRequest(
  context: CliContext,
  file: string,
  options: CheckOptions,
): Promise<Result<CheckRequest, readonly Problem[]>> {
  const path = resolve(context.cwd, file);
  if (file !== "-" && existsSync(path) && statSync(path).isDirectory()) return ok({ kind: "pack", folder: path });
  const bytes = await readInput(context, file === "-" ? file : path);
  if (!bytes.ok) return fail([bytes.error]);
  if (/\.ya?ml$/.test(file))
    return ok(
      path.endsWith("domain.yaml")
        ? { kind: "pack", folder: dirname(path) }
        : { kind: "situation", bytes: bytes.value, pack: packOf(context, path, options) },
    );
  const inputs = parseInputs(options.input);
  if (!inputs.ok) return inputs;
  const pack = options.pack === null ? null : resolve(context.cwd, options.pack);
  return ok({ kind: "proposal", bytes: bytes.value, pack, goal: options.goal, inputs: inputs.value });
}

/** The pack that a situation is held against: the one that is named, or the one in whose folder it lies. */
function packOf({ cwd }: CliContext, path: string, { pack }: CheckOptions): string | null {
  if (pack !== null) return resolve(cwd, pack);
  const folder = dirname(dirname(path));
  return basename(dirname(path)) === "situations" && existsSync(resolve(folder, "domain.yaml")) ? folder : null;
}

function describe(checked: Checked): string {
  switch (checked.kind) {
    case "pack":
      return `pack ${quote(checked.domain)} ${checked.version}, ${counted(checked.actionCount, "action")}`;
    case "situation":
      return "situation";
    case "proposal":
      return `proposal of ${counted(checked.stepCount, "step")}, against the domain ${quote(checked.domain)}`;
    default:
      return assertNever(checked);
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
