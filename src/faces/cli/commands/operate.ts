import { type Command, Option } from "commander";
import { screen, sentence } from "../../../core/value/screen.ts";
import type { Interlock, Operated, OperateRequest } from "../../../interlock.ts";
import { answerer } from "../answerer.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { followRun } from "../follow-run.ts";
import { printDocument, refuse } from "../report.ts";
import { wordNext } from "../word-next.ts";
import { tellCompiled } from "./plan.ts";

interface OperateOptions {
  readonly reason?: string;
  readonly json?: boolean;
  readonly detailedExitcode?: boolean;
}

const runWords = "a run's id, the beginning of one, or `last` where no other run can be meant";

interface AnswerOptions {
  readonly as: "approved" | "rejected";
  readonly key?: string;
  readonly yes?: boolean;
}

/** How the answer is printed. `detailedExitcode`: 2 if the answer is a plan that has yet to be approved. */
interface TellOptions {
  readonly json: boolean;
  /** Which key signs an answer, and whether to ask once more. */
  readonly answer?: { readonly as: string | null; readonly yes: boolean };
  readonly detailedExitcode?: boolean;
}

/**
 * `interlock stop|kill|rollback|close|resolve|answer|freeze|unfreeze|anchor`: what a person tells a run, or the whole
 * site.
 */
export function registerOperate(program: Command, run: RunCommand): void {
  const words = [
    ["stop", "stop a run after what is in flight"],
    [
      "rollback",
      "undo what a run did, in reverse order; if it has ended, plan that as a successor to approve and apply",
    ],
    ["kill", "send nothing more at all, not even to undo what was done; a person takes over"],
    ["close", "end a run that waits for a person, and leave everything as it is; say why (`--reason`)"],
  ] as const;
  for (const [word, description] of words) {
    const command = addReason(
      program.command(word).argument("[run]", runWords, "last").description(description),
    ).action((wanted: string, { reason = "", json = false, detailedExitcode = false }: OperateOptions) =>
      run((context, globals) =>
        operate(context, globals, { do: word, run: wanted, reason, follow: true }, { json, detailedExitcode }),
      ),
    );
    if (word === "rollback")
      command.option("--detailed-exitcode", "exit 2 when the run has ended and its undoing was only planned");
  }
  registerResolve(program, run);
  registerAnswer(program, run);
  registerFreeze(program, run);
  registerAnchor(program, run);
}

function registerResolve(program: Command, run: RunCommand): void {
  addReason(
    program
      .command("resolve")
      .argument("<run>", runWords)
      .argument("<step>", "the step in doubt, or that could not be undone"),
  )
    .addOption(
      new Option("--as <finding>", "what you found at the target")
        .choices(["applied", "not_applied", "restored"])
        .makeOptionMandatory(),
    )
    .description(
      "say what you found of a step that is in doubt, or that you have undone one that the run could not undo; what " +
        "you say is read back, and where nothing can be read the run ends closed on your word",
    )
    .action(
      (
        wanted: string,
        step: string,
        { as, reason = "", json = false }: OperateOptions & { as: "applied" | "not_applied" | "restored" },
      ) =>
        run((context, globals) =>
          operate(context, globals, { do: "resolve", run: wanted, step, as, reason, follow: true }, { json }),
        ),
    );
}

function registerAnswer(program: Command, run: RunCommand): void {
  addReason(program.command("answer").argument("<run>", runWords).argument("<step>", "the step that asks"))
    .addOption(new Option("--as <answer>", "your answer").choices(["approved", "rejected"]).makeOptionMandatory())
    .option("--key <name>", "your key that signs the answer (default: your only one)")
    .option("--yes", "do not ask once more before signing")
    .description("answer a question that a run asks, and sign the answer; shows first what each answer leads to")
    .action(
      (
        wanted: string,
        step: string,
        { as, reason = "", json = false, key, yes = false }: OperateOptions & AnswerOptions,
      ) =>
        run((context, globals) =>
          operate(
            context,
            globals,
            { do: "answer", run: wanted, step, as, reason, follow: true },
            { json, answer: { as: key ?? null, yes } },
          ),
        ),
    );
}

function registerFreeze(program: Command, run: RunCommand): void {
  const descriptions = {
    freeze: "write nothing new in this scope until the freeze is lifted; undoing is still allowed",
    unfreeze: "lift a freeze",
  } as const;
  for (const word of ["freeze", "unfreeze"] as const) {
    addReason(program.command(word).argument("[scope]", "`*`, a domain, or an object such as `host/h1`", "*"))
      .description(descriptions[word])
      .action((scope: string, { reason = "", json = false }: OperateOptions) =>
        run((context, globals) => operate(context, globals, { do: word, scope, reason }, { json })),
      );
  }
}

function registerAnchor(program: Command, run: RunCommand): void {
  program
    .command("anchor")
    .description("accept that the log's time is ahead of this machine's clock, so that new runs may start again")
    .option(
      "--log",
      "accept a log in which records are missing that were seen here; what was signed before counts no more",
    )
    .requiredOption("--reason <text>", "why; the log keeps it")
    .option("--json", "one JSON document")
    .action(({ log = false, reason = "", json = false }: OperateOptions & { readonly log?: boolean }) =>
      run((context, globals) =>
        operate(context, globals, log ? { do: "accept_log", reason } : { do: "anchor", reason }, { json }),
      ),
    );
}

function addReason(command: Command): Command {
  return command.option("--reason <text>", "why; the log keeps it").option("--json", "one JSON document");
}

function operate(
  context: CliContext,
  globals: GlobalOptions,
  request: OperateRequest,
  options: TellOptions,
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], options);
    const by = options.answer === undefined ? undefined : answerer(context, interlock, options.answer);
    const operated = await interlock.operate(request, by);
    if (!operated.ok) return refuse(context, operated.error, options);
    return tellOperated(context, interlock, request, operated.value, options);
  });
}

async function tellOperated(
  context: CliContext,
  interlock: Interlock,
  request: OperateRequest,
  operated: Operated,
  options: TellOptions,
): Promise<number> {
  const { json, detailedExitcode = false } = options;
  if (!json) tellTaken(context, request, operated);
  switch (operated.kind) {
    case "running":
      return (await followRun(context, operated.run, { json, jsonl: false })).exitCode;
    case "successor":
      if (operated.planned.kind === "nothing_to_do") return tellNothingLeft(context, operated, { json });
      if (!json)
        context.err(
          screen`the run has ended, so nothing is undone yet: this plan undoes it once it is approved and applied\n`,
        );
      return tellCompiled(context, interlock, operated.planned, { json, out: null, full: false, detailedExitcode });
    case "accepted":
      if (json) printDocument(context, { format: "interlock.operated/1", input: request, events: ["log_accepted"] });
      else context.out(screen`the log is accepted as it is; what was signed before counts no more\n`);
      return 0;
    case "recorded": {
      const { input, runId, events } = operated;
      if (json) printDocument(context, { format: "interlock.operated/1", input, events });
      else {
        const next = runId === null ? "" : ` for ${runId}; next: ${wordNext(context, { do: "watch", run: runId })}`;
        context.out(screen`${request.do} recorded${next}\n`);
      }
      return 0;
    }
  }
}

/** Says that every fact that the way back would put back is as it was before the run, and what stays otherwise. */
function tellNothingLeft(
  context: CliContext,
  { runId, staying }: Extract<Operated, { readonly kind: "successor" }>,
  { json }: { readonly json: boolean },
): number {
  if (json) {
    printDocument(context, { format: "interlock.planned/1", planHash: null, nothingToDo: true, runId, staying });
    return 0;
  }
  const what = staying.length === 0 ? "every value that" : "every value that can be put back and that";
  context.out(screen`nothing to undo: ${what} ${runId} changed reads as it did before the run\n`);
  for (const line of staying) context.out(screen`  ${sentence(line)}\n`);
  return 0;
}

/** Says which run a name was taken for, unless the name is the run's own. */
function tellTaken(context: CliContext, request: OperateRequest, operated: Operated): void {
  const runId = runOf(operated);
  if (!("run" in request) || runId === null || request.run === runId) return;
  context.err(screen`${request.do}: ${request.run} is ${runId}\n`);
}

function runOf(operated: Operated): string | null {
  switch (operated.kind) {
    case "running":
      return operated.run.runId;
    case "recorded":
      return operated.runId;
    case "accepted":
      return null;
    case "successor":
      return operated.runId;
  }
}
