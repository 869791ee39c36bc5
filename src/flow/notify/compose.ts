import type { Plan } from "../../core/plan/plan.ts";
import { nextStepsOf } from "../../core/run/tell/next-steps.ts";
import { type RunView, viewRun } from "../../core/run/tell/view.ts";
import { isEnded, type RunState } from "../../core/run/words/state.ts";
import type { NextStep } from "../../core/value/next-step.ts";
import { quote, quoteWords } from "../../core/value/text.ts";
import type { Notification } from "../../ports.ts";
import type { SiteLog } from "../site/site-log.ts";
import { type HandoverWords, readHandover, wroteLines } from "./handover-words.ts";
import type { QueuedNotification } from "./outbox.ts";

/** What a notification says. */
export type NotificationWords = Pick<Notification, "summary" | "text" | "next">;

/** How a notification stands now: what it says, and whether what it asked for has been done. */
export interface Composed {
  readonly words: NotificationWords;
  readonly hasMovedOn: boolean;
}

/**
 * Puts a notification into words, from the run or the hand-over that it is about. What a proposer wrote into a plan,
 * its questions and its reasons, is left out: it may come from a model.
 */
export async function compose(log: SiteLog, queued: QueuedNotification): Promise<Composed> {
  const told = queued.about === "incident_closed" ? await composeIncident(log, queued) : await composeRun(log, queued);
  if (queued.owner === null) return told;
  const acknowledge: NextStep = { do: "acknowledge", notification: queued.notificationId };
  return { ...told, words: { ...told.words, next: [...told.words.next, acknowledge] } };
}

async function composeRun(log: SiteLog, { about, subject }: QueuedNotification): Promise<Composed> {
  const explain: NextStep = { do: "explain", run: subject };
  const found = await log.run(subject);
  if (!found.ok) {
    const summary = about === "run_ended" ? `${subject} has ended` : `${subject} waited for a person`;
    const text = ["Its records were taken out of the store since."];
    return { words: { summary, text, next: [explain] }, hasMovedOn: about !== "run_ended" };
  }
  const run = found.value;
  const view = viewRun(run);
  if (about === "run_ended") return { words: wordsOfEnd(run, view), hasMovedOn: false };
  const asked = view.waitingFor.find(({ kind }) => kind === "person" || kind === "answer");
  if (asked === undefined) {
    const summary = `${subject} waited for a person, and has gone on since`;
    return { words: { summary, text: [], next: [explain] }, hasMovedOn: true };
  }
  const why = asked.kind === "answer" ? `the question of ${quote(asked.stepId ?? "")}` : said(run, asked.reason);
  const summary = `${subject} waits for ${asked.owner ?? run.owner}: ${why}`;
  return {
    words: { summary, text: wroteLines(view.wrote), next: [explain, ...nextStepsOf(view, null)] },
    hasMovedOn: false,
  };
}

function wordsOfEnd(run: RunState, { runId, outcome, reason, wrote, failed }: RunView): NotificationWords {
  const why = reason === null ? "" : `: ${said(run, reason)}`;
  const text = [
    ...wroteLines(outcome === "succeeded" ? [] : wrote),
    ...failed.map(({ stepId }) => `failed: ${stepId}`),
  ];
  const summary = `${runId} ended ${String(outcome).replaceAll("_", " ")}${why}`;
  return { summary, text, next: [{ do: "explain", run: runId }] };
}

/** A sentence about a run without the words of its plan. */
function said(run: RunState, sentence: string): string {
  return wordsOf(run.prepared.plan).reduce((text, words) => text.replaceAll(words, "“…”"), sentence);
}

function wordsOf({ steps }: Plan): readonly string[] {
  return steps.flatMap((step) => {
    const words = step.kind === "escalate" ? step.reason : step.kind === "approve" ? step.question : "";
    return words === "" ? [] : [quoteWords(words), words];
  });
}

async function composeIncident(log: SiteLog, queued: QueuedNotification): Promise<Composed> {
  const handover = await readHandover(log, queued);
  if (handover === null) {
    const words = { summary: `${queued.subject} has closed`, text: [], next: [] };
    return { words, hasMovedOn: false };
  }
  const { summary, text, next } = handover;
  return { words: { summary, text, next }, hasMovedOn: await wasTakenUp(log, handover) };
}

/** Whether somebody has acted on what was handed over: the run that waited has ended, or the plan was started. */
async function wasTakenUp(log: SiteLog, { waitingRun, plan }: HandoverWords): Promise<boolean> {
  if (waitingRun !== null) {
    const run = await log.run(waitingRun);
    return run.ok && isEnded(run.value);
  }
  if (plan === null) return false;
  const range = { state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 } as const;
  return log.lists.runsOfPlan({ ...range, planHash: plan, sinceSeq: 0 }).length > 0;
}
