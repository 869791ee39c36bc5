import type { Command } from "commander";
import { shortDigest } from "../../../core/value/digest.ts";
import { escapeForTerminal } from "../../../core/value/text.ts";
import type { RunExplanation, StepExplanation } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock explain`: what was predicted beside what was seen, and the first difference. */
export function registerExplain(program: Command, run: RunCommand): void {
  program
    .command("explain")
    .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
    .description("explain a run from its log: predicted beside observed, and the first difference")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { json?: boolean }) =>
      run((context, globals) => explainCommand(context, globals, wanted, { json: options.json === true })),
    );
}

function explainCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const explained = await interlock.explain({ run: wanted });
    if (!explained.ok) return refuse(context, explained.error, options);
    if (options.json) printDocument(context, { format: "interlock.explanation/1", ...explained.value });
    else context.out(render(context, explained.value));
    return 0;
  });
}

function render(context: CliContext, explanation: RunExplanation): string {
  const { colors } = context;
  const show = escapeForTerminal;
  const { runId, planHash, outcome } = explanation;
  const reason = explanation.reason === "" ? "" : `: ${show(explanation.reason)}`;
  const lines = [`${runId}  plan ${shortDigest(planHash)}  ${outcome ?? "not ended"}${reason}`];
  for (const step of explanation.steps) {
    const times = step.settledMs === null ? "" : colors.dim(` at ${(step.settledMs / 1_000).toFixed(1)} s`);
    const attempts = step.attemptCount > 1 ? `, ${step.attemptCount} attempts` : "";
    const action = step.action === "" ? "" : `  ${show(step.action)}`;
    const target = step.target === null ? "" : ` on ${show(step.target)}`;
    const status = wordStatus(step.status).padEnd(11);
    lines.push(`  ${status} ${show(step.id)}${action}${target}${attempts}${times}`);
    if (step.problem !== null) lines.push(`              ${step.problem.code} ${show(step.problem.message)}`);
    lines.push(...factLines(step));
  }
  for (const { input, problem } of explanation.refusals)
    lines.push(`  refused     ${input}: ${problem.code} ${show(problem.message)}`);
  lines.push(...concludingLines(explanation).map(show));
  return `${lines.join("\n")}\n`;
}

function wordStatus(status: StepExplanation["status"]): string {
  return status === "sent" ? "sent, outcome unknown:" : status.replaceAll("_", " ");
}

/** The conclusion: what stopped the run, and whether everything that was read back was as predicted. */
function concludingLines({ stoppedBy, firstDivergence, steps }: RunExplanation): readonly string[] {
  const lines: string[] = [];
  if (stoppedBy !== null) {
    const { code, message } = stoppedBy.problem;
    lines.push(`stopped ${stoppedBy.stepId === null ? "by" : `at ${stoppedBy.stepId}:`} ${code} ${message}`);
  }
  if (firstDivergence !== null) {
    const { stepId, fact, predicted, observed } = firstDivergence;
    const seen = observed === null ? "unknown" : String(observed);
    lines.push(`first difference: after ${stepId}, ${fact} was predicted ${String(predicted)} and seen ${seen}`);
  } else if (steps.some(({ observed }) => observed.length > 0))
    lines.push(
      stoppedBy === null
        ? "everything that was read back was as predicted"
        : "what was read back before that was as predicted",
    );
  else lines.push("nothing was read back, so no prediction could be checked");
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
