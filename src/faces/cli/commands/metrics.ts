import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse, reportProblems } from "../report.ts";

/** `interlock metrics`: the engine's own health, for Prometheus or a script. */
export function registerMetrics(program: Command, run: RunCommand): void {
  program
    .command("metrics")
    .description(
      "print the engine's and the store's health in Prometheus' text format; " +
        "what only the owner knows is asked for over its socket",
    )
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => metricsCommand(context, globals, { json: options.json === true })),
    );
}

function metricsCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const measured = await interlock.metrics();
    if (!measured.ok) return refuse(context, measured.error, options);
    const { metrics, text, silent } = measured.value;
    if (options.json) printDocument(context, { format: "interlock.metrics/1", metrics });
    else context.data(text);
    // An owner that does not answer is a problem of its own. What the files show is printed anyway.
    return silent === null ? 0 : reportProblems(context, [silent]);
  });
}
