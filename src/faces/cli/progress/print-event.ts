import { type ScreenText, screen } from "../../../core/value/screen.ts";
import type { Event } from "../../../interlock.ts";
import type { CliContext } from "../context.ts";
import { printLine } from "../report.ts";
import { describeEvent, type EventLine } from "./describe-event.ts";

/** Prints a run's events as they happen: for a person, or as JSON Lines on stdout for a script. */
export interface EventPrinter {
  /** `seq`: the number of the event's record in the log, which a script gets too. */
  print(event: Event, atMs: number, seq?: number): void;
}

/**
 * `asData`: the lines for a person are the data that was asked for and go to stdout. Otherwise they are progress and go
 * to stderr.
 */
export function eventPrinter(
  context: CliContext,
  options: { readonly jsonl: boolean; readonly startMs: number; readonly asData?: boolean },
): EventPrinter {
  if (options.jsonl) {
    printLine(context, { format: "interlock.events/1" });
    return {
      print: (event, atMs, seq) => printLine(context, { ...(seq === undefined ? {} : { seq }), atMs, ...event }),
    };
  }
  const write = options.asData === true ? context.out : context.err;
  return {
    print(event, atMs) {
      const line = describeEvent(event);
      if (line === null) return;
      const clock = context.colors.dim(elapsed(atMs - options.startMs));
      write(screen`${clock} ${paint(context, line, line.mark)} ${paint(context, line, line.text)}\n`);
    },
  };
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
