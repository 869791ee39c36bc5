import { shortDigest } from "../../../../core/value/digest.ts";
import { joined, ownText, quoted, type ScreenText, screen } from "../../../../core/value/screen.ts";
import type { RespondProgress, Testimony } from "../../../../interlock.ts";
import type { CliContext } from "../../context.ts";
import { describeReading, stepsOf } from "../../progress/describe-reading.ts";
import { type EventPrinter, elapsed, eventPrinter } from "../../progress/print-event.ts";
import { closedLines } from "./closed-lines.ts";

/** Shows a response on stderr as it goes: phases, beliefs and steps. `--json` changes nothing here. */
export function respondDisplay(context: CliContext): (progress: RespondProgress) => void {
  const startMs = Date.now();
  const { bold, dim } = context.colors;
  let printer: EventPrinter = eventPrinter(context, { jsonl: false, startMs });
  let progressOf: (stepId: string) => string = () => "";
  let toldReading = "";
  const clock = (): ScreenText => dim(elapsed(Date.now() - startMs));
  const say = (lines: readonly ScreenText[]): void => context.err(screen`${joined(lines, "\n")}\n`);
  return (progress) => {
    switch (progress.kind) {
      case "waiting_for_alert":
        return say([screen`waiting for an alert at http://127.0.0.1:${progress.port}/`]);
      case "note":
        return say([screen`${clock()} ${progress.text}`]);
      case "opened":
        return say(openedLines(context, clock(), progress));
      case "heard":
        return say([screen`${clock()} ${bold("hear")} ${heardText(progress.testimony)}`]);
      case "waiting_for_witness":
        return say([
          screen`${clock()} ${bold("wait")} for the second witness, at most ${seconds(progress.withinMs)}: ${
            progress.about === "alert" ? "that the alert is reported as resolved" : progress.about
          }`,
        ]);
      case "looking":
        return say([screen`${clock()} ${bold("look")} ${progress.steps.join(", ")}`]);
      case "believed": {
        const seen = progress.observations.map(({ step, outcome }) => `${step} = ${outcome}`).join(", ");
        return say([
          screen`${clock()} ${bold("believe")} after ${seen || "nothing new"}`,
          ...indented(progress.picture),
        ]);
      }
      case "decided":
        return say([
          screen`${clock()} ${bold("decide")} ${progress.first ?? "nothing keeps the limit"}`,
          ...indented(wrap(progress.paragraph, Math.min(100, context.widthChars - 8))),
          ...indented(progress.table),
        ]);
      case "planned":
        return say([screen`${clock()} ${bold("plan")} ${plannedText(progress)}`]);
      case "running":
        progressOf = stepsOf(progress.plan);
        printer = eventPrinter(context, { jsonl: false, startMs, steps: progress.steps });
        return;
      case "event":
        // The plan of a policy has a step for every case. Steps that this case did not need are not worth a line.
        if (progress.event.kind !== "step_skipped") printer.print(progress.event, progress.atMs);
        return;
      case "reading": {
        const line = describeReading(progress.reading, progressOf(progress.reading.stepId), printer.teller.nameOf);
        // The same phase is shown again only after a while. A line a second would tell a person nothing.
        if (line === null || line.phase === toldReading) return;
        toldReading = line.phase;
        return say([screen`${clock()} ${line.text}`]);
      }
      case "closed":
        return say(closedLines(context, clock(), progress, printer.teller.nameOf));
    }
  };
}

/** Lines that the door composed: each foreign piece in them is escaped already. */
function indented(lines: readonly string[]): readonly ScreenText[] {
  return lines.map((line) => screen`        ${ownText(line)}`);
}

function openedLines(
  context: CliContext,
  clock: ScreenText,
  { alert, situation, incidentId, proposed }: Extract<RespondProgress, { readonly kind: "opened" }>,
): readonly ScreenText[] {
  const { bold, yellow } = context.colors;
  const about = alert.summary === "" ? situation.title : screen`its sender says ${quoted(alert.summary)}`;
  const opened = [
    screen`${clock} ${bold("alert")} ${quoted(alert.name)}: ${about}`,
    screen`${clock} ${bold("open")} ${incidentId}`,
  ];
  if (proposed === null) return opened;
  const figures =
    proposed.kind === "scored"
      ? `${proposed.response}: worth ${proposed.value.toFixed(1)}, P(catastrophe) ${(100 * proposed.risk).toFixed(1)} %`
      : `unscored: ${proposed.reason}`;
  return [...opened, screen`${clock} ${bold("proposed")} ${figures} ${yellow("(a proposal decides nothing)")}`];
}

/** One line of what a witness says: nothing of it comes from a sender. */
function heardText({ by, about, says, why }: Testimony): ScreenText {
  if (about === "alert") return says === "holds" ? screen`the alert is reported as resolved` : screen`${why}`;
  const words = { holds: "it holds", broken: "it does not hold", unknown: "it cannot be told" }[says];
  const who = by === "objective" ? "the objective is" : "the second witness is";
  return screen`${who} ${about}: ${words}${why === "" ? "" : `, because ${why}`}`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 1_000)} s`;
}

function plannedText({ change }: Extract<RespondProgress, { readonly kind: "planned" }>): string {
  const acts = change.plan.steps.flatMap((step) =>
    step.kind === "act" ? [`${step.action} on ${step.target ?? "the domain"} (${step.class})`] : [],
  );
  return `pl_${shortDigest(change.planHash)}: ${acts.join(", ")}`;
}

/** Breaks a paragraph at spaces. */
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
