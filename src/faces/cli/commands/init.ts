import { relative, resolve } from "node:path";
import type { Command } from "commander";
import type { RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

interface InitOptions {
  readonly pack: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** `interlock init`: a site with a pack that works at once. */
export function registerInit(program: Command, run: RunCommand): void {
  program
    .command("init")
    .argument("[folder]", "where", ".")
    .description("begin a site: interlock.yaml, a pack to change, something real to try it on")
    .option("--pack <name>", "which pack to copy", "config-file")
    .option("--list", "list the packs that come with the program")
    .option("--json", "one JSON document")
    .action((folder: string, options: InitOptions) => run((context) => initCommand(context, folder, options)));
}

async function initCommand(context: CliContext, folder: string, options: InitOptions): Promise<number> {
  const { bundledPacks, scaffoldSite } = await import("../../../packs/scaffold.ts");
  const json = options.json === true;
  if (options.list === true) {
    const packs = bundledPacks();
    if (json) printDocument(context, { format: "interlock.packs/1", packs });
    else for (const { name, summary } of packs) context.out(`${name}  ${summary}\n`);
    return 0;
  }
  const made = scaffoldSite(resolve(context.cwd, folder), options.pack);
  if (!made.ok) return refuse(context, [made.error], { json });
  if (json) {
    printDocument(context, { format: "interlock.init/1", ...made.value });
    return 0;
  }
  const { files, proposal } = made.value;
  const there = relative(context.cwd, made.value.folder);
  context.out(`wrote ${files.join(", ")}\n`);
  context.out(
    `next:${there === "" ? "" : ` cd ${there};`} interlock identity create ${context.environment["USER"] ?? "me"}; interlock trust; interlock plan ${proposal ?? "PROPOSAL"}\n`,
  );
  return 0;
}
