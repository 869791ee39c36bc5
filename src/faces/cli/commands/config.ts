import type { Command } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { Settings } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock config`: the settings in force, and where they come from. */
export function registerConfig(program: Command, run: RunCommand): void {
  program
    .command("config")
    .description("show the settings in force; secrets appear as references, never as values")
    .option("--show-origin", "say where each comes from")
    .option("--json", "one JSON document")
    .action((options: { showOrigin?: boolean; json?: boolean }) =>
      run((context, globals) =>
        configCommand(context, globals, { showOrigin: options.showOrigin === true, json: options.json === true }),
      ),
    );
}

interface Setting {
  readonly name: string;
  readonly value: unknown;
  readonly origin: string;
}

function configCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly showOrigin: boolean; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const found = await interlock.settings();
    if (!found.ok) return refuse(context, found.error, options);
    const settings = [...wheres(context, globals, found.value), ...ofSite(found.value)];
    if (options.json) printDocument(context, { format: "interlock.config/1", settings });
    else
      for (const { name, value, origin } of settings) {
        const shown = typeof value === "string" ? value : JSON.stringify(value);
        context.out(screen`${options.showOrigin ? screen`${origin}\t` : ""}${name}=${shown}\n`);
      }
    return 0;
  });
}

/** The places that the command works with, and the option, variable or rule that chose each. */
function wheres(
  { environment }: CliContext,
  globals: GlobalOptions,
  { config, store, identities }: Settings,
): readonly Setting[] {
  const ofConfig = config === null ? "none found" : "nearest interlock.yaml";
  const ofStore = globals.store === environment["INTERLOCK_STORE"] ? "INTERLOCK_STORE" : "--store";
  return [
    { name: "config", value: config, origin: globals.config !== null ? "--config" : ofConfig },
    { name: "store", value: store, origin: globals.store === null ? "beside interlock.yaml" : ofStore },
    {
      name: "identities",
      value: identities,
      origin: (environment["INTERLOCK_IDENTITIES"] ?? "") === "" ? "user configuration" : "INTERLOCK_IDENTITIES",
    },
  ];
}

function ofSite({ config, site, written }: Settings): readonly Setting[] {
  return Object.entries(site ?? {}).map(([name, value]) => ({
    name,
    value,
    origin: config !== null && written.includes(name) ? config : "default",
  }));
}
