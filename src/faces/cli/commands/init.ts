import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { quoteForShell } from "../../../core/value/quote-for-shell.ts";
import { screen } from "../../../core/value/screen.ts";
import type { BundledPack, Scaffold } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { wordCommand, wordNext } from "../word-next.ts";

interface InitOptions {
  readonly pack: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `interlock init`: creates a site with a pack that works at once. */
export function registerInit(program: Command, run: RunCommand): void {
  program
    .command("init")
    .argument("[folder]", "where", ".")
    .description("create a site: interlock.yaml, a pack to change, and something real to try it on")
    .option("--pack <name>", "which pack to copy", "config-file")
    .option("--list", "list the packs that come with the program")
    .option("--json", "one JSON document")
    .action((folder: string, options: InitOptions) =>
      run((context, globals) => initCommand(context, globals, folder, options)),
    );
}

function initCommand(
  context: CliContext,
  globals: GlobalOptions,
  folder: string,
  { pack, list = false, json = false }: InitOptions,
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    if (list) {
      const packs = await interlock.packs();
      return packs.ok ? tellPacks(context, packs.value, { json }) : refuse(context, packs.error, { json });
    }
    const made = await interlock.init({ folder: resolve(context.cwd, folder), pack });
    return made.ok ? tellMade(context, made.value, { json }) : refuse(context, made.error, { json });
  });
}

function tellPacks(context: CliContext, packs: readonly BundledPack[], { json }: { readonly json: boolean }): number {
  if (json) printDocument(context, { format: "interlock.packs/1", packs });
  else for (const { name, summary } of packs) context.out(screen`${name}  ${summary}\n`);
  return 0;
}

function tellMade(context: CliContext, made: Scaffold, { json }: { readonly json: boolean }): number {
  if (json) {
    printDocument(context, { format: "interlock.init/1", ...made });
    return 0;
  }
  const there = relative(context.cwd, made.folder);
  context.out(screen`wrote ${made.files.join(", ")}\n`);
  const commands = [
    ...(there === "" ? [] : [`cd ${quoteForShell(there)}`]),
    wordCommand(context, "identity", "create", quoteForShell(context.environment["USER"] ?? "me")),
    wordNext(context, { do: "trust" }),
    wordCommand(context, "plan", quoteForShell(made.proposal ?? "PROPOSAL")),
  ];
  if (made.secrets.length > 0)
    context.out(
      screen`first: start what the pack is about, as pack/README.md says, and set ${made.secrets.join(" and ")}\n`,
    );
  context.out(screen`next: ${commands.join("; ")}\n`);
  return 0;
}
