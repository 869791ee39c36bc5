import { type ScreenText, screen } from "../../../core/value/screen.ts";
import type { Event, StepBrief } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { questionLines } from "../question-lines.ts";
import { printLine } from "../report.ts";
import type { EventLine } from "./describe-event.ts";
import { type StepTeller, stepTeller } from "./step-teller.ts";

/** Prints a run's events as they happen: for a person, or as JSON Lines on stdout for a script. */
export interface EventPrinter {
  /** What it knows of the run's steps, and has learned of them so far. */
  readonly teller: StepTeller;
  /** `seq`: the number of the event's record in the log, which a script gets too. */
  print(event: Event, atMs: number, seq?: number): void;
}

/**
 * Data that was asked for goes to stdout, progress to stderr. With `asData` every line for a person is data; with
 * `endAsData` it is the line with which a run comes to rest.
 */
export function eventPrinter(
  context: CliContext,
  options: {
    readonly jsonl: boolean;
    readonly startMs: number;
    /** The steps of the run's plan, so that lines can name them; absent where nobody knows them yet. */
    readonly steps?: readonly StepBrief[];
    readonly asData?: boolean;
    readonly endAsData?: boolean;
  },
): EventPrinter {
  const teller = stepTeller(options.steps ?? []);
  if (options.jsonl) {
    printLine(context, { format: "interlock.events/1" });
    return {
      teller,
      print: (event, atMs, seq) => printLine(context, { ...(seq === undefined ? {} : { seq }), atMs, ...event }),
    };
  }
  return {
    teller,
    print(event, atMs) {
      const isData = options.asData === true || (options.endAsData === true && endsRun(event));
      const clock = context.colors.dim(elapsed(atMs - options.startMs));
      const told = teller.linesOf(event);
      for (const [index, line] of told.entries()) {
        // Only the line about the end itself is data; what is told before it is progress.
        const write = options.asData === true || (isData && index === told.length - 1) ? context.out : context.err;
        write(screen`${clock} ${paint(context, line, line.mark)} ${paint(context, line, line.text)}\n`);
      }
      const write = options.asData === true ? context.out : context.err;
      for (const line of questionOf(context, event, teller)) write(screen`  ${line}\n`);
    },
  };
}

function endsRun({ kind }: Event): boolean {
  return kind === "run_ended" || kind === "run_dirty" || kind === "run_killed";
}

/** What each answer to a step's question leads to, and what to type, for the person who watches the run. */
function questionOf(context: CliContext, event: Event, teller: StepTeller): readonly ScreenText[] {
  if (event.kind !== "approval_asked") return [];
  const { runId, stepId } = event;
  return questionLines(context, { runId, stepId, leadsTo: teller.briefOf(stepId)?.leadsTo ?? [] });
}

/** Minutes, seconds and tenths since the start: `00:41.3`. */
export function elapsed(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const minutes = Math.floor(tenths / 600);
  return `${String(minutes).padStart(2, "0")}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

function paint(context: CliContext, line: EventLine, text: ScreenText | string): ScreenText {
  const { colors } = context;
  switch (line.tone) {
    case "good":
      return colors.green(text);
    case "bad":
      return colors.red(text);
    case "warn":
      return colors.yellow(text);
    case "dim":
      return colors.dim(text);
    case "plain":
      return screen`${text}`;
  }
}
