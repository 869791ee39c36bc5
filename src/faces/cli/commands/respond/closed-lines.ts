import { shortDigest } from "../../../../core/value/digest.ts";
import { escapeForTerminal } from "../../../../core/value/text.ts";
import type { RespondProgress } from "../../../../interlock.ts";
import type { CliContext } from "../../context.ts";
import { wordNext } from "../../word-next.ts";

/** How an incident closed. If a person takes over: what is believed and why, what could be done, and how to go on. */
export function closedLines(
  context: CliContext,
  clock: string,
  { report, picture, table }: Extract<RespondProgress, { readonly kind: "closed" }>,
): readonly string[] {
  const { bold } = context.colors;
  const reason = report.reason === "" ? "" : `: ${escapeForTerminal(report.reason)}`;
  const lines = [`${clock} ${bold("closed")} ${report.outcome}${reason}`];
  const { handover } = report;
  if (handover === null) return lines;
  lines.push("", bold("for the person who takes over"));
  lines.push(
    `  seen: ${report.observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ") || "nothing"}`,
  );
  lines.push("  believed:", ...picture.map((line) => `    ${line}`));
  if (handover.alternatives.length > 0) lines.push("  what could be done:", ...table.map((line) => `    ${line}`));
  if (report.wrote.length > 0) lines.push(`  written already: ${report.wrote.join(", ")}`);
  for (const { stepId, owner, reason } of report.waitingFor)
    lines.push(
      `  ${stepId ?? "the run"} waits for ${escapeForTerminal(owner ?? "nobody")}: ${escapeForTerminal(reason)}`,
    );
  if (handover.next !== null) {
    const { response, figures, keepsLimit, planHash } = handover.next;
    const risk = `P(catastrophe) ${figures.risk}${keepsLimit ? "" : ", which exceeds the limit"}`;
    const plan = `plan pl_${shortDigest(planHash)}, approved by nobody`;
    lines.push(`  next would be: ${response}, worth ${figures.value}, ${risk}; ${plan}`);
  }
  lines.push("  to go on:", ...handover.steps.map((step) => `    ${wordNext(context, step)}`));
  return lines;
}
