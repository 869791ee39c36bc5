import type { Command } from "commander";
import type { RunExplanation, StepExplanation } from "../../../core/run/tell/explain-run.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock explain`: what was predicted beside what was seen, and where they part. */
export function registerExplain(program: Command, run: RunCommand): void {
  program
    .command("explain")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("tell a run from its log: predicted beside observed, and the first divergence")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { json?: boolean }) =>
      run((context, globals) => explainCommand(context, globals, wanted, { json: options.json === true })),
    );
}

async function explainCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: { readonly json: boolean },
): Promise<number> {
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { loadPlan, storedEvents } = await import("../../../log/load-state.ts");
  const { missingBodies } = await import("../../../log/retention/removed-bodies.ts");
  const { explainRun } = await import("../../../core/run/tell/explain-run.ts");
  const { parseDigest } = await import("../../../core/value/digest.ts");
  const { findRun } = await import("../find-run.ts");
  const { storeFolder } = await import("../site.ts");
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const found = findRun(reader.value, wanted);
    if (!found.ok) return refuse(context, [found.error], options);
    const missing = missingBodies(reader.value, found.value.runId);
    if (missing !== null) return refuse(context, [missing], options);
    const hash = parseDigest(found.value.planHash);
    if (!hash.ok)
      return refuse(
        context,
        [
          {
            code: "E_STORE_CORRUPT",
            pointer: "",
            message: "the run's plan has no hash",
            hint: "see `interlock log verify`",
          },
        ],
        options,
      );
    const explanation = explainRun(loadPlan(reader.value, hash.value), [
      ...storedEvents(reader.value, found.value.runId),
    ]);
    if (options.json) printDocument(context, { format: "interlock.explanation/1", ...explanation });
    else context.out(await render(context, explanation));
    return 0;
  } finally {
    reader.value.close();
  }
}

async function render(context: CliContext, explanation: RunExplanation): Promise<string> {
  const { escapeForTerminal } = await import("../../../core/value/text.ts");
  const { colors } = context;
  const show = escapeForTerminal;
  const lines = [
    `${explanation.runId}  plan ${explanation.planHash.slice(7, 19)}  ${explanation.outcome ?? "not ended"}${explanation.reason === "" ? "" : `: ${show(explanation.reason)}`}`,
  ];
  for (const step of explanation.steps) {
    const times = step.settledMs === null ? "" : colors.dim(` at ${(step.settledMs / 1_000).toFixed(1)} s`);
    const attempts = step.attemptCount > 1 ? `, ${step.attemptCount} attempts` : "";
    lines.push(
      `  ${step.status.replaceAll("_", " ").padEnd(11)} ${show(step.id)}${step.action === "" ? "" : `  ${show(step.action)}`}${step.target === null ? "" : ` on ${show(step.target)}`}${attempts}${times}`,
    );
    if (step.problem !== null) lines.push(`              ${step.problem.code} ${show(step.problem.message)}`);
    lines.push(...factLines(step));
  }
  for (const { input, problem } of explanation.refusals)
    lines.push(`  refused     ${input}: ${problem.code} ${show(problem.message)}`);
  lines.push(...concludingLines(explanation).map(show));
  return `${lines.join("\n")}\n`;
}

/** What the whole comes to: what stopped the run, and whether what was read back was as predicted. */
function concludingLines({ stoppedBy, firstDivergence, steps }: RunExplanation): readonly string[] {
  const lines: string[] = [];
  if (stoppedBy !== null)
    lines.push(
      `stopped ${stoppedBy.stepId === null ? "by" : `at ${stoppedBy.stepId}:`} ${stoppedBy.problem.code} ${stoppedBy.problem.message}`,
    );
  if (firstDivergence !== null) {
    const { stepId, fact, predicted, observed } = firstDivergence;
    lines.push(
      `first divergence: after ${stepId}, ${fact} was predicted ${String(predicted)} and seen ${observed === null ? "unknown" : String(observed)}`,
    );
  } else if (steps.some(({ observed }) => observed.length > 0))
    lines.push(
      stoppedBy === null
        ? "everything that was read back was as predicted"
        : "what was read back before that was as predicted",
    );
  else lines.push("nothing was read back to hold a prediction against");
  return lines;
}

function factLines(step: StepExplanation): readonly string[] {
  return step.predicted.map(({ fact, value }) => {
    const seen = step.observed.find((candidate) => candidate.fact === fact);
    const mark =
      seen === undefined
        ? "not read"
        : seen.value === value
          ? `seen ${String(value)}`
          : `SEEN ${seen.value === null ? "unknown" : String(seen.value)}`;
    return `              ${fact}: predicted ${String(value)}, ${mark}`;
  });
}
