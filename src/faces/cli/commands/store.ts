import type { Command } from "commander";
import type { RunCommand } from "../command.ts";

interface ArchiveFlags {
  readonly olderThan?: string;
  readonly run?: readonly string[];
  readonly archive?: string;
  readonly destroy?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface RestoreFlags {
  readonly run?: readonly string[];
  readonly archive?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `interlock store archive|restore|archives|backup|drill`: what is kept of what runs did, where, and whether it can be had back. */
export function registerStore(program: Command, run: RunCommand): void {
  const store = program.command("store").description("keep the store small, and copies of it that work");
  registerArchive(store, run);
  registerRestore(store, run);
  store
    .command("archives")
    .option("--archive <folder>", "where archives lie (default: `retention.archive` in interlock.yaml)")
    .option("--json", "one JSON document")
    .description(
      "list what was taken out of the store: when, by whom, why, and whether its archive is at hand and intact",
    )
    .action((options: { archive?: string; json?: boolean }) =>
      run(async (context, globals) => {
        const { listArchives } = await import("../restore-bodies.ts");
        return listArchives(context, globals, { archive: options.archive ?? null, json: options.json === true });
      }),
    );
  registerBackup(store, run);
}

function registerArchive(store: Command, run: RunCommand): void {
  store
    .command("archive")
    .option(
      "--older-than <age>",
      "of runs that ended longer ago than this (default: `retention.bodies` in interlock.yaml)",
    )
    .option("--run <run...>", "of these runs, whenever they ended")
    .option("--archive <folder>", "where the copies go (default: `retention.archive` in interlock.yaml)")
    .option("--destroy", "keep no copy; needs a `--reason`")
    .option("--reason <text>", "why; it stands in the log")
    .option("--dry-run", "say what would go, and change nothing")
    .option("--json", "one JSON document")
    .description(
      "take what ended runs did out of the store, with a copy in an archive; what is under way or approved keeps what it needs",
    )
    .action((options: ArchiveFlags) =>
      run(async (context, globals) => {
        const { archiveBodies } = await import("../archive-bodies.ts");
        return archiveBodies(context, globals, {
          olderThan: options.olderThan ?? null,
          runs: options.run ?? [],
          archive: options.archive ?? null,
          destroy: options.destroy === true,
          reason: options.reason ?? null,
          isDryRun: options.dryRun === true,
          json: options.json === true,
        });
      }),
    );
}

function registerRestore(store: Command, run: RunCommand): void {
  store
    .command("restore")
    .argument("[archive...]", "archives to put back, as `interlock store archives` lists them")
    .option("--run <run...>", "put back whatever these runs lack")
    .option("--archive <folder>", "where archives lie (default: `retention.archive` in interlock.yaml)")
    .option("--reason <text>", "why; it stands in the log")
    .option("--json", "one JSON document")
    .description("put archived bodies back, each where its digest stands in the log")
    .action((paths: readonly string[], options: RestoreFlags) =>
      run(async (context, globals) => {
        const { restoreArchives } = await import("../restore-bodies.ts");
        return restoreArchives(context, globals, {
          paths,
          runs: options.run ?? [],
          archive: options.archive ?? null,
          reason: options.reason ?? "",
          json: options.json === true,
        });
      }),
    );
}

function registerBackup(store: Command, run: RunCommand): void {
  store
    .command("backup")
    .argument("<folder>", "an empty folder, or one that is not there yet")
    .option("--json", "one JSON document")
    .description("copy the store while its owner works, and verify the copy")
    .action((folder: string, options: { json?: boolean }) =>
      run(async (context, globals) => {
        const { backUp } = await import("../back-up.ts");
        return backUp(context, globals, folder, { json: options.json === true });
      }),
    );
  store
    .command("drill")
    .argument("<backup>", "a folder that `interlock store backup` wrote")
    .option("--json", "one JSON document")
    .description("show that a backup can take over: open a copy of it as an owner would, and verify all of it")
    .action((folder: string, options: { json?: boolean }) =>
      run(async (context, globals) => {
        const { drill } = await import("../back-up.ts");
        return drill(context, globals, folder, { json: options.json === true });
      }),
    );
}
