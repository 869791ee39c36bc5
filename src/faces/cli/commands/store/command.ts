import type { Command } from "commander";
import type { RunCommand } from "../../command.ts";
import { registerArchive } from "./archive.ts";
import { registerArchives } from "./archives.ts";
import { registerBackup } from "./backup.ts";
import { registerRestore } from "./restore.ts";
import { registerUpgrade } from "./upgrade.ts";

/** `interlock store …`: what the store keeps of ended runs, where it is kept, and whether it can be restored. */
export function registerStore(program: Command, run: RunCommand): void {
  const store = program.command("store").description("keep the store small, backed up and up to date");
  registerArchive(store, run);
  registerRestore(store, run);
  registerArchives(store, run);
  registerBackup(store, run);
  registerUpgrade(store, run);
}
