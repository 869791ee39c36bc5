import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { percentText } from "../../core/belief/figures.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { isNextStep, type NextStep } from "../../core/value/next-step.ts";
import { anyJson, type Parser, parseWith, refine } from "../../core/value/shape.ts";
import { documentOfType } from "../../core/value/shape-object.ts";
import { anyList, anyText, digestText, nullOr } from "../../core/value/shape-stored.ts";
import { quote } from "../../core/value/text.ts";
import type { ResponseReport } from "../respond/report.ts";
import type { QueuedNotification } from "./outbox.ts";

/** The hand-over of an incident in words, as it is told. It lies beside the log under its digest. */
export interface HandoverWords {
  readonly format: "interlock.handover/1";
  readonly summary: string;
  readonly text: readonly string[];
  readonly next: readonly NextStep[];
  /** Every run of the incident. */
  readonly runIds: readonly string[];
  /** The run that waits for a person, or `null`. Once it has ended, nobody is asked any more. */
  readonly waitingRun: string | null;
  /** The plan that was handed over, or `null`. Once it was started, nobody is asked any more. */
  readonly plan: Digest | null;
}

export const handoverFormat = "interlock.handover/1";

/** Puts a closing report into the words of its hand-over. */
export function handoverOf(report: ResponseReport): HandoverWords {
  const { incidentId, outcome, reason, runIds, handover, planHash } = report;
  const why = reason === "" ? "" : `: ${reason}`;
  return {
    format: handoverFormat,
    summary: `${incidentId} closed ${outcome.replaceAll("_", " ")}${why}`,
    text: handoverLines(report),
    next: handover?.steps ?? [],
    runIds,
    waitingRun: outcome === "waiting" ? (runIds.at(-1) ?? null) : null,
    plan: handover?.next?.planHash ?? (outcome === "not_approved" ? planHash : null),
  };
}

/** The hand-over of an incident whose process ended before anything was planned. */
export function abandonedHandover(incidentId: string): HandoverWords {
  const summary = `${incidentId} closed abandoned: its process ended before anything was planned`;
  return { format: handoverFormat, summary, text: [], next: [], runIds: [], waitingRun: null, plan: null };
}

/** A step that this release does not know is left out, as everywhere. */
const steps: Parser<readonly NextStep[]> = refine(anyList(anyJson()), (list) => list.filter(isNextStep));

const words = documentOfType<HandoverWords>([handoverFormat], {
  summary: anyText(),
  text: anyList(anyText()),
  next: steps,
  runIds: anyList(anyText()),
  waitingRun: nullOr(anyText()),
  plan: nullOr(digestText()),
});

/** The part of a log that this needs. */
interface Documents {
  document(digest: Digest): Promise<JsonValue | null>;
}

/** The hand-over that a notification tells of; `null` if it tells of none, or of one that cannot be read. */
export async function readHandover(log: Documents, { handover }: QueuedNotification): Promise<HandoverWords | null> {
  const document = handover === null ? null : await log.document(handover);
  const read = document === null ? null : parseWith(words, document);
  return read?.ok === true ? read.value : null;
}

/** What is, or may be, in the world of a run. */
export function wroteLines(wrote: readonly string[]): readonly string[] {
  return wrote.length === 0 ? [] : [`Steps whose effect is, or may be, in the world: ${wrote.join(", ")}`];
}

const worlds: Readonly<Record<ResponseReport["world"], string>> = {
  as_wanted: "is as wanted",
  untouched: "is untouched",
  restored: "is as it was before",
  dirty: "is changed, and could not be put back",
  unknown: "is not known for certain",
  listed: "is changed as listed below",
  as_told: "is as a person said",
};

/** What a person who takes over needs: what was believed and seen, what was written, what waits, what could be done. */
function handoverLines(report: ResponseReport): readonly string[] {
  const { alert, situation, belief, observations, wrote, waitingFor, handover, runIds } = report;
  const believed = belief.map(({ context, after }) => `${context} ${percentText(after)}`).join(", ");
  const seen = observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ");
  const lines = [
    `Alert ${quote(alert.name)}, answered with ${quote(situation.id)}. The world ${worlds[report.world]}.`,
    `Believed: ${believed}`,
    `Seen: ${seen === "" ? "nothing" : seen}`,
    ...(runIds.length === 0 ? [] : [`Runs: ${runIds.join(", ")}`]),
    ...wroteLines(wrote),
    ...waitingFor.map(
      ({ stepId, owner, reason }) => `Waits for ${owner ?? "nobody"}: ${stepId ?? "the run"}: ${reason}`,
    ),
  ];
  if (handover === null) return lines;
  if (handover.alternatives.length > 0) lines.push("What could be done:", ...renderAlternatives(handover.alternatives));
  if (handover.next === null) return lines;
  const { response, figures, keepsLimit, planHash } = handover.next;
  const limit = keepsLimit ? "within your limit" : "over your limit";
  const plan = `pl_${shortDigest(planHash)}`;
  const figured = `worth ${figures.value}, risk ${figures.risk}, ${limit}`;
  return [...lines, `The best act now is ${response}: ${figured}. Nobody has approved its plan ${plan}.`];
}
