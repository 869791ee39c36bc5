import { type ScreenText, screen } from "../../../core/value/screen.ts";
import type { Event } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { quoteForShell } from "../quote-for-shell.ts";
import { printLine } from "../report.ts";
import { wordCommand } from "../word-next.ts";
import { describeEvent, type EventLine } from "./describe-event.ts";

/** Prints a run's events as they happen: for a person, or as JSON Lines on stdout for a script. */
export interface EventPrinter {
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
    readonly asData?: boolean;
    readonly endAsData?: boolean;
  },
): EventPrinter {
  if (options.jsonl) {
    printLine(context, { format: "interlock.events/1" });
    return {
      print: (event, atMs, seq) => printLine(context, { ...(seq === undefined ? {} : { seq }), atMs, ...event }),
    };
  }
  return {
    print(event, atMs) {
      const line = describeEvent(event);
      if (line === null) return;
      const isData = options.asData === true || (options.endAsData === true && endsRun(event));
      const write = isData ? context.out : context.err;
      const clock = context.colors.dim(elapsed(atMs - options.startMs));
      write(screen`${clock} ${paint(context, line, line.mark)} ${paint(context, line, line.text)}\n`);
      const answer = options.asData === true ? null : answerTo(context, event);
      if (answer !== null) write(answer);
    },
  };
}

function endsRun({ kind }: Event): boolean {
  return kind === "run_ended" || kind === "run_dirty" || kind === "run_killed";
}

/** What answers the question of a step, for the person who watches the run. */
function answerTo(context: CliContext, event: Event): ScreenText | null {
  if (event.kind !== "approval_asked") return null;
  const command = wordCommand(context, "answer", quoteForShell(event.runId), quoteForShell(event.stepId), "--as");
  return screen`  answer: ${command} approved, or ${command} rejected\n`;
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
