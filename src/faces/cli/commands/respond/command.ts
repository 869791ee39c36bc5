import { resolve } from "node:path";
import type { Command } from "commander";
import { type Problem, problem } from "../../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../../core/value/result.ts";
import { screen } from "../../../../core/value/screen.ts";
import { quote } from "../../../../core/value/text.ts";
import type { AlertSource, Responded, RespondProgress, RespondRequest, Source } from "../../../../interlock.ts";
import { outliveReader } from "../../broken-pipe.ts";
import { collect } from "../../collect.ts";
import type { GlobalOptions, RunCommand } from "../../command.ts";
import { type CliContext, readInput } from "../../context.ts";
import { tellCredits } from "../../credit-lines.ts";
import { withInterlock } from "../../door.ts";
import { interrupts, stoppingText } from "../../interrupts.ts";
import { printDocument, refuse } from "../../report.ts";
import { reviewer } from "../../reviewer.ts";
import { wordNext } from "../../word-next.ts";
import { respondDisplay } from "./display.ts";
import { exitCodeOfReport } from "./exit-code.ts";

interface Given {
  readonly situation?: string;
  readonly proposal?: string;
  readonly proposer?: string;
  readonly observe?: boolean;
  readonly as?: string;
  readonly target: readonly string[];
  readonly yes?: boolean;
  readonly webhook?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** `interlock respond`: answers an alert, from the first look to a verified recovery. */
export function registerRespond(program: Command, run: RunCommand): void {
  program
    .command("respond")
    .argument("[alert]", "an alert in Alertmanager's form, or `-` for stdin")
    .description("answer an alert: look, decide, ask, act, verify, and record all of it")
    .option("--situation <file>", "the situation to decide (default: the only one of the pack)")
    .option(
      "--proposal <file>",
      "a proposal from outside: scored and shown beside the decision, and never chosen merely because it is there",
    )
    .option("--proposer <name>", "ask this proposer of interlock.yaml for one")
    .option("--observe", "decide and record, but never act")
    .option("--as <identity>", "which of your keys approves (default: the only one)")
    .option(
      "--target <action and target>",
      "an irreversible step, such as `config.set config/app`, once each; asked for at a terminal",
      collect,
      [],
    )
    .option("--yes", "do not ask once more before signing")
    .option("--webhook <port>", "wait for one alert on 127.0.0.1 instead (0: any free port, printed to stderr)")
    .option("--token-file <file>", "the bearer token that the webhook's sender must show (0600)")
    .option("--json", "one JSON document: the closing report")
    .action((alert: string | undefined, given: Given) =>
      run((context, globals) => respondCommand(context, globals, alert ?? null, given)),
    );
}

/** Answers one alert and returns the exit code (docs/exit-codes.md): 0 if restored, observed or resolved. */
async function respondCommand(
  context: CliContext,
  globals: GlobalOptions,
  alert: string | null,
  given: Given,
): Promise<number> {
  const { json = false, as = null, target, yes = false } = given;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const request = readRequest(context, alert, given);
    if (!request.ok) return refuse(context, request.error, { json });
    const callOff = new AbortController();
    const detach = new AbortController();
    const show = respondDisplay(context);
    let isRunning = false;
    const tell = (progress: RespondProgress): void => {
      isRunning = isRunning || progress.kind === "running";
      show(progress);
    };
    outliveReader();
    const interrupted = interrupts({
      onFirst: (cause) => {
        context.err(isRunning ? screen`${stoppingText(cause)}\n` : screen`called off\n`);
        callOff.abort();
      },
      onSecond: () => detach.abort(),
    });
    try {
      const by = reviewer(context, interlock, { as, targets: target, yes, full: false, areForAnyPlan: true });
      const asker = { by, tell, callOff: callOff.signal, detach: detach.signal };
      const responded = await interlock.respond(request.value, asker);
      if (!responded.ok) return refuse(context, responded.error, { json });
      const closed = responded.value.kind === "closed" ? responded.value.report.runIds.at(-1) : undefined;
      if (closed !== undefined && !json) await tellCredits(context, interlock, closed);
      return tellResponded(context, responded.value, { json });
    } finally {
      interrupted.dispose();
    }
  });
}

function tellResponded(context: CliContext, responded: Responded, { json }: { readonly json: boolean }): number {
  switch (responded.kind) {
    case "detached":
      context.err(screen`left as it stands; next: ${wordNext(context, { do: "resume" })}\n`);
      return 130;
    case "resolved_already":
      if (json)
        printDocument(context, {
          format: "interlock.response/2",
          outcome: "cancelled",
          reason: "the alert is resolved",
        });
      else context.out(screen`the alert is resolved: nothing to answer\n`);
      return 0;
    case "closed":
      if (json) printDocument(context, responded.report);
      return exitCodeOfReport(responded.report);
  }
}

function readRequest(
  context: CliContext,
  alert: string | null,
  given: Given,
): Result<RespondRequest, readonly Problem[]> {
  const source = alertSource(context, alert, given);
  if (!source.ok) return fail([source.error]);
  return ok({
    alert: source.value,
    situation: fileSource(context, given.situation),
    proposal: fileSource(context, given.proposal),
    proposer: given.proposer ?? null,
    observeOnly: given.observe === true,
  });
}

function alertSource(
  context: CliContext,
  alert: string | null,
  { webhook, tokenFile }: Given,
): Result<AlertSource, Problem> {
  if (webhook !== undefined)
    return /^\d{1,5}$/.test(webhook)
      ? ok({ kind: "webhook", port: Number(webhook), tokenFile: tokenFile ?? null })
      : fail(problem("E_USAGE", "", `${quote(webhook)} is not a port`));
  const bytes = fileSource(context, alert ?? undefined);
  return bytes === null
    ? fail(problem("E_USAGE", "", "name an alert's file, `-` for stdin, or `--webhook PORT`"))
    : ok({ kind: "bytes", bytes });
}

/** A file that is read only once the actor is known to be permitted; `-` is stdin. */
function fileSource(context: CliContext, path: string | undefined): Source | null {
  return path === undefined ? null : () => readInput(context, path === "-" ? path : resolve(context.cwd, path));
}
