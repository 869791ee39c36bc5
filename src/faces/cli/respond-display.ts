import { listAlternatives } from "../../core/belief/explain/alternatives.ts";
import { drawBelief } from "../../core/belief/explain/draw-belief.ts";
import { renderAlternatives } from "../../core/belief/explain/render.ts";
import { firstMoveOf } from "../../core/belief/policy.ts";
import type { Event } from "../../core/run/words/event.ts";
import { escapeForTerminal } from "../../core/value/text.ts";
import type { StepReading } from "../../engine/engine.ts";
import type { RespondProgress } from "../../flow/respond/respond.ts";
import type { CliContext } from "./context.ts";
import { describeReading, stepsOf } from "./progress/describe-reading.ts";
import { type EventPrinter, elapsed, eventPrinter } from "./progress/print-event.ts";
import { closedLines } from "./respond-handover.ts";

/** How a response is watched: phases, beliefs and steps, on stderr. */
export interface RespondDisplay {
  readonly tell: (progress: RespondProgress) => void;
  readonly event: (event: Event, atMs: number) => void;
  readonly note: (text: string) => void;
  /** How a promise stands while it is read back: told when it begins or stops to hold, and every five seconds. */
  readonly reading: (reading: StepReading) => void;
}

/** Builds the display; `--json` changes nothing here, since progress goes to stderr. */
export function respondDisplay(context: CliContext): RespondDisplay {
  const startMs = Date.now();
  let printer: EventPrinter | null = null;
  let progressOf: (stepId: string) => string = () => "";
  let toldReading = "";
  const { bold, dim, yellow } = context.colors;
  const say = (lines: readonly string[]): void => {
    context.err(lines.map((line) => `${line}\n`).join(""));
  };
  const clock = (): string => dim(elapsed(Date.now() - startMs));
  const tell = (progress: RespondProgress): void => {
    switch (progress.kind) {
      case "opened":
        return say([
          `${clock()} ${bold("alert")} ${escapeForTerminal(progress.alert.name)}: ${escapeForTerminal(progress.alert.summary || progress.situation.title)}`,
          ...proposedLines(progress),
        ]);
      case "looking":
        return say([`${clock()} ${bold("look")} ${progress.steps.join(", ")}`]);
      case "believed":
        return say([
          `${clock()} ${bold("believe")} after ${progress.observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ") || "nothing new"}`,
          ...drawBelief(progress.situation, progress).map((line) => `        ${line}`),
        ]);
      case "decided":
        return say(decidedLines(progress));
      case "planned":
        return say([
          `${clock()} ${bold("plan")} pl_${progress.change.planHash.slice(7, 19)}: ${progress.change.plan.steps.flatMap((step) => (step.kind === "act" ? [`${step.action} on ${step.target ?? "the domain"} (${step.class})`] : [])).join(", ")}`,
        ]);
      case "running":
        return void (progressOf = stepsOf(progress.plan));
      case "closed":
        return say(closedLines(context, clock(), progress));
    }
  };
  const decidedLines = ({
    after,
    paragraph,
  }: Extract<RespondProgress, { readonly kind: "decided" }>): readonly string[] => {
    const first =
      after.decision.kind === "decided" ? firstMoveOf(after.decision.chosen.policy) : "nothing keeps the limit";
    return [
      `${clock()} ${bold("decide")} ${first}`,
      ...wrap(paragraph, Math.min(100, context.widthChars - 8)).map((line) => `        ${line}`),
      ...renderAlternatives(listAlternatives(after.situation, after.decision)).map((line) => `        ${line}`),
    ];
  };
  const proposedLines = ({ proposed }: Extract<RespondProgress, { readonly kind: "opened" }>): readonly string[] => {
    if (proposed === null) return [];
    const figures =
      proposed.kind === "scored"
        ? `${proposed.response}: worth ${proposed.value.toFixed(1)}, P(catastrophe) ${(100 * proposed.risk).toFixed(1)} %`
        : `unscored: ${escapeForTerminal(proposed.reason)}`;
    return [`${clock()} ${bold("proposed")} ${figures} ${yellow("(a proposal decides nothing)")}`];
  };
  return {
    tell,
    reading: (reading) => {
      const line = describeReading(reading, progressOf(reading.stepId));
      // The same phase is told again only after a while: a line a second tells a person nothing.
      if (line === null || line.phase === toldReading) return;
      toldReading = line.phase;
      say([`${clock()} ${line.text}`]);
    },
    note: (text) => say([`${clock()} ${text}`]),
    event: (event, atMs) => {
      // A policy's plan has a step for every case; those that this one did not need tell a person nothing.
      if (event.runId === null || event.kind === "step_skipped") return;
      printer ??= eventPrinter(context, { jsonl: false, startMs });
      printer.print(event, atMs);
    },
  };
}

/** Breaks prose at spaces. */
function wrap(text: string, widthChars: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > widthChars) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
