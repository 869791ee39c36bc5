import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";
import { configPath, storeFolder } from "../site.ts";

/** `interlock config`: what is in force, and where it comes from. */
export function registerConfig(program: Command, run: RunCommand): void {
  program
    .command("config")
    .description("show the settings in force; secrets are references and never shown resolved")
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

async function configCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly showOrigin: boolean; readonly json: boolean },
): Promise<number> {
  const { identityFolder } = await import("../../../identities/identity.ts");
  const path = configPath(context, globals);
  const settings: Setting[] = [
    {
      name: "config",
      value: path,
      origin: globals.config !== null ? "--config" : path === null ? "none found" : "nearest interlock.yaml",
    },
    {
      name: "store",
      value: storeFolder(context, globals),
      origin:
        globals.store === null
          ? "beside interlock.yaml"
          : globals.store === context.environment["INTERLOCK_STORE"]
            ? "INTERLOCK_STORE"
            : "--store",
    },
    {
      name: "identities",
      value: identityFolder(context.environment),
      origin: context.environment["INTERLOCK_IDENTITIES"] === undefined ? "user configuration" : "INTERLOCK_IDENTITIES",
    },
  ];
  if (path !== null && existsSync(path)) {
    const { readYamlFile } = await import("../../../packs/read-yaml-file.ts");
    const { parseSiteConfig } = await import("../../../packs/site-config.ts");
    const { isJsonObject } = await import("../../../core/value/json-value.ts");
    const file = readYamlFile(path);
    if (!file.ok) return refuse(context, file.error, options);
    const site = parseSiteConfig(file.value.value);
    if (!site.ok) return refuse(context, site.error, options);
    const written = isJsonObject(file.value.value) ? Object.keys(file.value.value) : [];
    for (const [name, value] of Object.entries(site.value))
      settings.push({ name, value, origin: written.includes(name) ? path : "default" });
  }
  if (options.json) printDocument(context, { format: "interlock.config/1", settings });
  else
    for (const { name, value, origin } of settings)
      context.out(
        `${options.showOrigin ? `${origin}\t` : ""}${name}=${typeof value === "string" ? value : JSON.stringify(value)}\n`,
      );
  return 0;
}
