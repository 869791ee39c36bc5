import type { Command } from "commander";
import type { RunCommand } from "../command.ts";
import { tellCredits } from "../credit-lines.ts";
import { withInterlock } from "../door.ts";
import { followRun } from "../follow-run.ts";
import { refuse } from "../report.ts";
import { planArgument } from "../site.ts";

/** `interlock apply`: runs an approved plan, with live progress. */
export function registerApply(program: Command, run: RunCommand): void {
  program
    .command("apply")
    .argument(
      "[plan]",
      "a plan's id, the beginning of its hash, its file, or `last`, the one you planned or approved last",
      "last",
    )
    .description("run an approved plan; Ctrl-C stops it after what is in flight")
    .option("--json", "one JSON document when it has come to rest")
    .option("--jsonl", "an event stream: one JSON document a line")
    .action((wanted: string, { json = false, jsonl = false }: { json?: boolean; jsonl?: boolean }) =>
      run((context, globals) =>
        withInterlock(context, globals, { json }, async (interlock) => {
          const begun = await interlock.apply({ plan: planArgument(context, wanted) });
          if (!begun.ok) return refuse(context, begun.error, { json });
          const { view, exitCode } = await followRun(context, begun.value, { json, jsonl });
          if (view !== null && !json && !jsonl) await tellCredits(context, interlock, view.runId);
          return exitCode;
        }),
      ),
    );
}
