import { type ScreenText, says, screen, sentence } from "../../core/value/screen.ts";
import type { NextStep, Run, RunView, StepReading } from "../../interlock.ts";
import { outliveReader } from "./broken-pipe.ts";
import { foundText } from "./changed-lines.ts";
import type { CliContext } from "./context.ts";
import { failedLines, leftLines } from "./failed-lines.ts";
import { interrupts, stoppingText } from "./interrupts.ts";
import { doubtAhead, doubtBehind } from "./progress/describe-doubt.ts";
import { type EventPrinter, eventPrinter } from "./progress/print-event.ts";
import { runDisplay } from "./progress/run-display.ts";
import { type StepTeller, withheldTexts } from "./progress/step-teller.ts";
import { printDocument, refuse, reportProblems } from "./report.ts";
import { exitCodeOfRun } from "./run-exit.ts";
import { wordNext } from "./word-next.ts";

/** How a command shows the run that it follows. */
export interface RunDisplay {
  readonly json: boolean;
  readonly jsonl: boolean;
  /** Print nothing about the end except a problem on stderr: the caller does. */
  readonly quiet?: boolean;
}

/** How a run was left, and the exit code for it. */
export interface FollowedRun {
  readonly view: RunView | null;
  readonly exitCode: number;
}

/** Shows a run's events until it rests, and then how it rests. */
export async function followRun(context: CliContext, run: Run, display: RunDisplay): Promise<FollowedRun> {
  const [followed] = await followRuns(context, [run], display);
  return followed ?? { view: null, exitCode: 1 };
}

/**
 * Shows the events of several runs side by side until all of them rest, and then how each one rests. The first Ctrl-C
 * stops the runs after what is in flight. The second leaves them as they stand; `interlock resume` takes them up again.
 */
export async function followRuns(
  context: CliContext,
  runs: readonly Run[],
  display: RunDisplay,
): Promise<readonly FollowedRun[]> {
  outliveReader();
  for (const warning of new Set(runs.map((run) => run.warning)))
    if (warning !== null) context.err(screen`warning: ${warning}\n`);
  const interrupted = interrupts({
    onFirst: (cause) => {
      context.err(screen`${stoppingText(cause)}\n`);
      for (const run of runs) callOff(context, run, cause);
    },
    onSecond: () => {
      for (const run of runs) run.detach();
    },
  });
  const going = display.json || display.jsonl ? null : runDisplay(context, runs);
  const readAgain = new Map(runs.map((run) => [run, new LastReadings(run)]));
  try {
    const printers = await printEvents(context, runs, { ...display, onPrint: () => going?.heard() });
    going?.dispose();
    const followed: FollowedRun[] = [];
    for (const run of runs)
      followed.push(
        await tellFollowed(context, run, {
          ...display,
          teller: printers.get(run)?.teller ?? null,
          readings: readAgain.get(run) ?? null,
        }),
      );
    return followed;
  } finally {
    going?.dispose();
    for (const readings of readAgain.values()) readings.close();
    interrupted.dispose();
  }
}

/** Stops a run. A refusal is told, or else a person would wait for a stop that does not come. */
function callOff(context: CliContext, run: Run, cause: "SIGINT" | "SIGTERM"): void {
  run.callOff(cause).then(
    (said) => void (said.ok || reportProblems(context, said.error)),
    () => undefined,
  );
}

/**
 * What the last reading of each step showed. A doubt keeps the reason for which it began; this is what was found when
 * somebody looked again.
 */
class LastReadings {
  readonly #startedMs = Date.now();
  readonly #last = new Map<string, StepReading>();
  readonly close: () => void;

  constructor(run: Run) {
    this.close = run.onReading((reading) => {
      if (reading.purpose === "after" || reading.purpose === "undo_after") this.#last.set(reading.stepId, reading);
    });
  }

  /** What was found for a wait that began before this command; `null` if nothing was read for it. */
  lineFor({ stepId, sinceMs }: RunView["waitingFor"][number]): ScreenText | null {
    const reading = stepId === null || sinceMs >= this.#startedMs ? undefined : this.#last.get(stepId);
    if (reading === undefined || reading.isHolding) return null;
    const found = reading.problem === null ? "its post-condition does not hold" : reading.problem.message;
    return screen`  read once more: ${sentence(found)}\n`;
  }
}

/** As `RunDisplay`, with what was learned of the run's steps while it went on. */
interface EndDisplay extends RunDisplay {
  readonly teller: StepTeller | null;
  readonly readings: LastReadings | null;
}

async function tellFollowed(context: CliContext, run: Run, display: EndDisplay): Promise<FollowedRun> {
  const rest = await run.atRest();
  const json = display.json && display.quiet !== true;
  if (!rest.ok) return { view: null, exitCode: refuse(context, rest.error, { json }) };
  if (rest.value.kind === "detached") {
    context.err(screen`left as it stands; next: ${wordNext(context, { do: "resume", run: run.runId })}\n`);
    return { view: null, exitCode: 130 };
  }
  const { view, next } = rest.value;
  return { view, exitCode: tellRest(context, view, { ...display, next }) };
}

/** Prints what happens from now on. `watch` shows what had happened before the run was taken over. */
async function printEvents(
  context: CliContext,
  runs: readonly Run[],
  display: RunDisplay & { readonly onPrint: () => void },
): Promise<ReadonlyMap<Run, EventPrinter>> {
  const printers = new Map<Run, EventPrinter>();
  let startMs: number | null = null;
  let stream: EventPrinter | null = null;
  await Promise.all(
    runs.map(async (run) => {
      const steps = display.json || display.jsonl ? null : await run.steps();
      for await (const { event, atMs } of run.events({ fromSeq: run.sinceSeq })) {
        if (display.json) continue;
        startMs ??= atMs;
        // A stream for a script begins once, however many runs are in it.
        const printer =
          printers.get(run) ??
          stream ??
          eventPrinter(context, {
            jsonl: display.jsonl,
            startMs,
            endAsData: display.quiet !== true,
            ...(steps?.ok === true ? { steps: steps.value } : {}),
          });
        if (display.jsonl) stream = printer;
        printers.set(run, printer);
        printer.print(event, atMs);
        if (event.kind === "step_in_doubt" && !display.jsonl) await tellDoubt(context, run, event.stepId);
        display.onPrint();
      }
    }),
  );
  return printers;
}

/** Says until when a new doubt is read for, unless it is settled already. */
async function tellDoubt(context: CliContext, run: Run, stepId: string): Promise<void> {
  const view = await run.view();
  const wait = view.ok ? view.value.waitingFor.find((one) => one.stepId === stepId) : undefined;
  if (wait === undefined) return;
  for (const line of doubtAhead(wait, wait.sinceMs)) context.err(screen`          ${line}\n`);
}

/** Tells how a run rests, and gives its exit code. */
function tellRest(
  context: CliContext,
  view: RunView,
  display: EndDisplay & { readonly next: readonly NextStep[] },
): number {
  const exitCode = exitCodeOfRun(view);
  if (display.quiet === true) return exitCode;
  if (display.json) {
    printDocument(context, { format: "interlock.run/1", ...view, exitCode });
    return exitCode;
  }
  // How the run rests is what was asked for. Beside the events as data it is only a comment.
  const tell = display.jsonl ? context.err : context.out;
  const names = new Map(view.steps.map(({ id, name }) => [id, name]));
  const nameOf = (stepId: string): string => names.get(stepId) ?? stepId;
  const states = new Map(view.steps.map((step) => [step.id, step]));
  for (const line of failedLines(
    view.failed,
    ({ stepId }) => nameOf(stepId),
    ({ stepId }) => {
      const state = states.get(stepId);
      if (state?.status === "undo_ready" || state?.direction === "undo") return "way_back";
      return state?.onWordOf === undefined ? null : "word";
    },
  ))
    tell(screen`${line}\n`);
  // An end says this of itself.
  if (view.outcome === null) for (const line of leftLines(view, nameOf)) tell(screen`${line}\n`);
  for (const line of withheldLines(view)) tell(screen`${line}\n`);
  for (const line of unacknowledgedLines(view, display.teller)) tell(screen`${line}\n`);
  for (const { stepId, ...fact } of view.overwrote) tell(screen`${nameOf(stepId)}: ${foundText(fact)}\n`);
  for (const wait of view.waitingFor) {
    if (wait.owner === null) continue;
    const who = wait.stepId === null ? view.runId : nameOf(wait.stepId);
    tell(screen`${who} waits for ${wait.owner}: ${reasonOf(wait)}\n`);
    const found = display.readings?.lineFor(wait) ?? null;
    if (found !== null) tell(found);
    const behind = doubtBehind(wait);
    if (behind !== null) tell(screen`  ${behind}\n`);
  }
  context.err(screen`next: ${nextOf(context, view, display.next)}\n`);
  for (const meaning of meaningsOf(display.next[0])) context.err(screen`  ${meaning}\n`);
  return exitCode;
}

/** Each step that was read back although its call did not report success, and what the call said if that was seen. */
function unacknowledgedLines({ unacknowledged, steps }: RunView, teller: StepTeller | null): readonly ScreenText[] {
  const known = new Map(steps.map((step) => [step.id, step]));
  return unacknowledged.map(({ stepId }) => {
    const step = known.get(stepId);
    const said = teller?.lastWordOf(stepId) ?? "its call did not report success";
    const what = step?.status === "undone" ? "its way back" : "its effect";
    return screen`${step?.name ?? stepId}: ${sentence(said)}; ${what} was read back`;
  });
}

/** What was needed and not sent, because too many of its fleet failed. */
function withheldLines({ steps }: RunView): readonly ScreenText[] {
  return withheldTexts(
    steps.flatMap(({ name, status, problem }) => (status === "withheld" ? [{ name, why: problem ?? "" }] : [])),
  );
}

/** Why a run waits: a sentence of ours, or the question that its proposer asks. */
function reasonOf({ kind, reason }: RunView["waitingFor"][number]): ScreenText {
  return kind === "answer" ? says("the proposer", reason) : sentence(reason);
}

/**
 * The command for the best next step. Only a look at the target tells which word about it is right. A doubt may be
 * settled by another reading, so that is tried first.
 */
function nextOf(context: CliContext, { runId: run, phase }: RunView, [first]: readonly NextStep[]): string {
  const command = wordNext(context, first ?? { do: "explain", run });
  if (first?.do !== "resolve" && first?.do !== "close") return command;
  const look = `look at the target, then ${command}`;
  if (first.do === "close" || phase === "dirty" || phase === "killed") return look;
  return `${wordNext(context, { do: "resume", run })}, which reads the target again; or ${look}`;
}

/** What each word that a person may say means here. */
function meaningsOf(step: NextStep | undefined): readonly string[] {
  if (step?.do !== "resolve") return [];
  if (step.choices === undefined)
    return ["applied: it happened; not_applied: it did not; restored: it happened, and you put it back by hand"];
  return ["restored: you put it back by hand; not_applied: the run is to read the target and try its way back again"];
}
