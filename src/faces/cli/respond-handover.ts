import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { numberText, percentText } from "../../core/belief/figures.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import type { RespondProgress } from "../../flow/respond/respond.ts";
import type { CliContext } from "./context.ts";

/** How an incident closed; where a person takes over, everything he needs: what is believed and why, what could be done, and how. */
export function closedLines(
  context: CliContext,
  clock: string,
  { report, situation }: Extract<RespondProgress, { readonly kind: "closed" }>,
): readonly string[] {
  const { bold } = context.colors;
  const lines = [
    `${clock} ${bold("closed")} ${report.outcome}${report.reason === "" ? "" : `: ${escapeForTerminal(report.reason)}`}`,
  ];
  const { handover } = report;
  if (handover === null) return lines;
  const before = report.belief.map((belief) => belief.before);
  const after = report.belief.map((belief) => belief.after);
  lines.push("", bold("for whoever takes over"));
  lines.push(
    `  seen: ${report.observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ") || "nothing"}`,
  );
  lines.push("  believed:", ...drawBelief(situation, { before, after }).map((line) => `    ${line}`));
  if (handover.alternatives.length > 0)
    lines.push("  what could be done:", ...renderAlternatives(handover.alternatives).map((line) => `    ${line}`));
  if (report.wrote.length > 0) lines.push(`  written already: ${report.wrote.join(", ")}`);
  for (const { stepId, owner, reason } of report.waitingFor)
    lines.push(
      `  ${stepId ?? "the run"} waits for ${escapeForTerminal(owner ?? "nobody")}: ${escapeForTerminal(reason)}`,
    );
  if (handover.next !== null) {
    const { response, value, risk, keepsLimit, planHash } = handover.next;
    lines.push(
      `  next would be: ${response}, worth ${numberText(value)}, P(catastrophe) ${percentText(risk)}${keepsLimit ? "" : ", which exceeds the limit"}; plan pl_${planHash.slice(7, 19)}, approved by nobody`,
    );
  }
  lines.push("  to go on:", ...handover.commands.map((command) => `    ${command}`));
  return lines;
}
