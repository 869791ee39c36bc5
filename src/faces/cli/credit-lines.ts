import { actorName, askerName, describePreparer } from "../../core/value/actor-name.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { joined, quoted, type ScreenText, says, screen } from "../../core/value/screen.ts";
import { describeDuration } from "../../core/value/units.ts";
import type { ExplainedRun, Interlock, PlanIntent, RunCredits } from "../../interlock.ts";
import type { CliContext } from "./context.ts";

/** Prints who did what for a run. A run that cannot be read any more was told already. */
export async function tellCredits(context: CliContext, interlock: Interlock, run: string): Promise<void> {
  const explained = await interlock.explain({ run });
  if (explained.ok) for (const line of creditLines(explained.value)) context.err(screen`${line}\n`);
}

/**
 * Who asked for what, if the plan says it, who did what, in a line each, and what took how long. A reader who sees a
 * fluent proposal and a fast success is quick to credit the one with the other, so every command that ends a run says
 * it.
 */
export function creditLines({ asked, credits, credentials }: ExplainedRun): readonly ScreenText[] {
  const { proposedBy, decidedBy, approvedBy, executedBy } = credits;
  const executed = executedBy.map(({ connection, connector }) => {
    const carried = credentials[connection] ?? [];
    return screen`${connection} (${connector}, ${carried.length === 0 ? "no credential" : carried.join(" and ")})`;
  });
  const proposer = screen`${proposedBy.kind} ${quoted(proposedBy.id)}, on behalf of ${proposedBy.onBehalfOf}`;
  const prepared = describePreparer(credits.preparedBy, proposedBy.onBehalfOf);
  return [
    ...(asked === null ? [] : [screen`asked        ${wordAsked(asked, askerName(asked.by, credits.preparedBy))}`]),
    screen`proposed by  ${proposer}: a text, no more`,
    ...(prepared === null ? [] : [screen`prepared by  ${prepared}`]),
    decidedBy.situation === null
      ? screen`decided by   the gate, which compiled the one proposal there was`
      : screen`decided by   the arithmetic of situation ${shortDigest(decidedBy.situation)}`,
    screen`approved by  ${wordApproval(approvedBy)}`,
    executed.length === 0
      ? screen`executed by  nobody: no call was sent`
      : screen`executed by  this program, over ${joined(executed, ", ")}`,
    wordTimes(credits),
  ];
}

function wordAsked({ text, goalBy }: PlanIntent, by: string): ScreenText {
  return screen`${text === "" ? screen`${by} gave no words` : says(by, text)}; ${goalWords[goalBy]}`;
}

const goalWords: Readonly<Record<PlanIntent["goalBy"], string>> = {
  asker: "the goal is in the asker's words",
  proposer: "the goal is in the proposer's words",
  both: "the goal is in the asker's words and the proposer's",
  none: "the plan has no goal",
};

function wordApproval(approvedBy: RunCredits["approvedBy"]): string {
  if (approvedBy === null) return "nobody yet";
  switch (approvedBy.kind) {
    case "approval":
      return `${actorName(approvedBy.principal)}${marksOf(approvedBy)}`;
    case "grant":
      return `grant ${approvedBy.grantId}${marksOf(approvedBy)}`;
    case "read_only":
      return "nobody: the plan writes nothing";
  }
}

function marksOf({ attended, solo }: { readonly attended: boolean; readonly solo: boolean }): string {
  return `${attended ? "" : " UNATTENDED"}${solo ? " SOLO" : ""}`;
}

function wordTimes({ times }: RunCredits): ScreenText {
  const { decidedInMs, approvedInMs, startedInMs, executedInMs, heldForMs, pausedMs, askedMs, awayMs } = times;
  const parts = [
    ...(decidedInMs === null ? [] : [`decided in ${describeDuration(decidedInMs)}`]),
    ...(approvedInMs === null ? [] : [`waited ${describeDuration(approvedInMs)} for approval`]),
    ...(startedInMs === null ? [] : [`${describeDuration(startedInMs)} for the start`]),
    `calls took ${describeDuration(executedInMs)}`,
    `read back and held for ${describeDuration(heldForMs)}`,
    ...(pausedMs === 0 ? [] : [`paused ${describeDuration(pausedMs)} before trying again or while held`]),
    ...(askedMs === 0 ? [] : [`waited ${describeDuration(askedMs)} for a person's answer`]),
    ...(awayMs === 0 ? [] : [`no engine worked on it for up to ${describeDuration(awayMs)}`]),
  ];
  return screen`times        ${parts.join(", ")}`;
}
