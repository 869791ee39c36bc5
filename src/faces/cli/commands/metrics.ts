import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock metrics`: the engine's own health, for Prometheus or for a script. */
export function registerMetrics(program: Command, run: RunCommand): void {
  program
    .command("metrics")
    .description(
      "print the engine's and the store's health in Prometheus' text format; what only the owner knows is asked over its socket",
    )
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => metricsCommand(context, globals, { json: options.json === true })),
    );
}

async function metricsCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  const { askOwner } = await import("../../../owner/control/client.ts");
  const { collectMetrics, formatMetrics } = await import("../../../owner/metrics.ts");
  const { storePaths } = await import("../../../log/sqlite/open.ts");
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { currentPrincipal } = await import("../open-site.ts");
  const { reportProblems } = await import("../report.ts");
  const { storeFolder } = await import("../site.ts");
  const folder = storeFolder(context, globals);
  const reader = openReader(folder);
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const answer = await askOwner(storePaths(folder).socket, { kind: "measure", by: currentPrincipal(context) });
    const isAnswered = !("kind" in answer) && answer.ok;
    // What `measure` gives.
    const owner = isAnswered ? (answer.value as import("../../../owner/maintain-store.ts").OwnerMeasure) : null;
    const metrics = collectMetrics(reader.value, folder, owner);
    if (options.json) printDocument(context, { format: "interlock.metrics/1", metrics });
    else context.out(formatMetrics(metrics));
    // An owner that does not answer is worth an alarm of its own; what the files show is told all the same.
    return "kind" in answer || answer.ok ? 0 : reportProblems(context, [answer.error]);
  } finally {
    reader.value.close();
  }
}
