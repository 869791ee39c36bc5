import { shortDigest } from "../../../../core/value/digest.ts";
import { ownText, type ScreenText, screen, sentence } from "../../../../core/value/screen.ts";
import { nameSome } from "../../../../core/value/step-name.ts";
import type { RespondProgress } from "../../../../interlock.ts";
import type { CliContext } from "../../context.ts";
import { endReason } from "../../end-reason.ts";
import { wordNext } from "../../word-next.ts";

/** How an incident closed. If a person takes over: what is believed and why, what could be done, and how to go on. */
export function closedLines(
  context: CliContext,
  clock: ScreenText,
  { report, picture, table }: Extract<RespondProgress, { readonly kind: "closed" }>,
  nameOf: (stepId: string) => string,
): readonly ScreenText[] {
  const { bold } = context.colors;
  const outcome = report.outcome.replaceAll("_", " ");
  const lines = [screen`${clock} ${bold("closed")} ${outcome}${endReason(report.reason)}`];
  const { handover } = report;
  if (handover === null) return lines;
  lines.push(screen``, bold("for the person who takes over"));
  lines.push(
    screen`  seen: ${report.observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ") || "nothing"}`,
  );
  lines.push(screen`  believed:`, ...picture.map(composed));
  if (handover.alternatives.length > 0) lines.push(screen`  what could be done:`, ...table.map(composed));
  if (report.wrote.length > 0) lines.push(screen`  written already: ${nameSome(report.wrote.map(nameOf))}`);
  for (const { stepId, owner, reason } of report.waitingFor)
    lines.push(
      screen`  ${stepId === null ? "the run" : nameOf(stepId)} waits for ${owner ?? "nobody"}: ${sentence(reason)}`,
    );
  if (handover.next !== null) {
    const { response, figures, keepsLimit, planHash } = handover.next;
    const risk = `P(catastrophe) ${figures.risk}${keepsLimit ? "" : ", which exceeds the limit"}`;
    const plan = `plan pl_${shortDigest(planHash)}, approved by nobody`;
    lines.push(screen`  next would be: ${response}, worth ${figures.value}, ${risk}; ${plan}`);
  }
  lines.push(screen`  to go on:`, ...handover.steps.map((step) => screen`    ${wordNext(context, step)}`));
  return lines;
}

/** A line that the door composed: each foreign piece in it is escaped already. */
function composed(line: string): ScreenText {
  return screen`    ${ownText(line)}`;
}
