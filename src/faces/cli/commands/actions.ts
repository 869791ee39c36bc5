import type { Command } from "commander";
import { screen } from "../../../core/value/screen.ts";
import type { ListedAction, StartedTest, TestedAction } from "../../../interlock.ts";
import { outliveReader } from "../broken-pipe.ts";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { interrupts, stoppingText } from "../interrupts.ts";
import { parseInputs } from "../parse-inputs.ts";
import { type EventPrinter, eventPrinter } from "../progress/print-event.ts";
import { printDocument, refuse } from "../report.ts";
import { reviewer } from "../reviewer.ts";
import { exitCodeOfRun } from "../run-exit.ts";
import { wordNext } from "../word-next.ts";

/** `interlock actions list|test`: lists the actions, and tries one with its way back to earn reversibility. */
export function registerActions(program: Command, run: RunCommand): void {
  const actions = program.command("actions").description("what the domain lets you do, and which ways back were tried");
  actions
    .command("list")
    .description("list the domain's actions: class, target, arguments, and whether the way back has been tried")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => listCommand(context, globals, { json: options.json === true })),
    );
  actions
    .command("test")
    .argument("<action>", "an action declared reversible")
    .description("do the action on the real target and undo it; if both work, the action counts as reversible")
    .option("--arg <name=json>", "an argument, once each", collect, [])
    .option("--as <identity>", "which of your keys approves the round trip (default: the only one)")
    .option(
      "--target <action and target>",
      "the action and its target, such as `config.set config/app`, if no terminal can ask for it",
      collect,
      [],
    )
    .option("--yes", "do not ask once more before signing")
    .option("--json", "one JSON document")
    .action(
      (
        action: string,
        options: { arg: readonly string[]; as?: string; target: readonly string[]; yes?: boolean; json?: boolean },
      ) => run((context, globals) => testCommand(context, globals, action, options)),
    );
}

function listCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], options);
    const listed = await interlock.actions();
    if (!listed.ok) return refuse(context, listed.error, options);
    const { domain, actions } = listed.value;
    if (options.json) {
      const rows = actions.map((action) => ({
        ...action,
        input: action.input.map(({ name, type }) => ({ name, type })),
      }));
      printDocument(context, { format: "interlock.actions/1", domain, actions: rows });
      return 0;
    }
    for (const action of actions) {
      const summary = action.summary === "" ? "" : screen`    ${action.summary}\n`;
      context.out(screen`${action.name}  ${action.class}${earnedText(context, action)}\n`);
      context.out(screen`${summary}    on ${action.target ?? "the domain"}\n`);
      for (const { name, typeText } of action.input) context.out(screen`    ${name}: ${typeText}\n`);
    }
    return 0;
  });
}

function earnedText(context: CliContext, { name, earned, class: declared }: ListedAction): string {
  if (declared !== "reversible") return "";
  if (earned) return " (way back tried)";
  return ` (way back never tried: ${wordNext(context, { do: "test_action", action: name })})`;
}

function testCommand(
  context: CliContext,
  globals: GlobalOptions,
  action: string,
  options: {
    readonly arg: readonly string[];
    readonly as?: string;
    readonly target: readonly string[];
    readonly yes?: boolean;
    readonly json?: boolean;
  },
): Promise<number> {
  const { as = null, target, yes = false, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const args = parseInputs(options.arg);
    if (!args.ok) return refuse(context, args.error, { json });
    const startMs = Date.now();
    let printer: EventPrinter | null = null;
    let started: StartedTest | null = null;
    outliveReader();
    const interrupted = interrupts({
      onFirst: (cause) => {
        context.err(screen`${stoppingText(cause)}\n`);
        started?.callOff(cause);
      },
      onSecond: () => started?.detach(),
    });
    try {
      const tested = await interlock.testAction(
        { action, args: args.value, typedTargets: [] },
        {
          by: reviewer(context, interlock, { as, targets: target, yes, full: false, areForAnyPlan: false }),
          onEvent: (event, atMs) => printer?.print(event, atMs),
          onStart: (run) => {
            started = run;
            if (!json) printer = eventPrinter(context, { jsonl: false, startMs, steps: run.steps });
          },
        },
      );
      return tested.ok ? tellTested(context, tested.value, { json }) : refuse(context, tested.error, { json });
    } finally {
      interrupted.dispose();
    }
  });
}

function tellTested(context: CliContext, tested: TestedAction, { json }: { readonly json: boolean }): number {
  switch (tested.kind) {
    case "proven": {
      const { action, target } = tested.evidence;
      if (json) printDocument(context, { format: "interlock.round-trip/1", ...tested.evidence });
      else
        context.out(screen`${action} was done on ${target} and undone, read back both times: it is reversible now\n`);
      return 0;
    }
    case "not_proven": {
      const exitCode = exitCodeOfRun(tested.view);
      if (json) printDocument(context, { format: "interlock.run/1", ...tested.view, exitCode });
      return exitCode;
    }
    case "detached":
      context.err(screen`left as it stands; next: ${wordNext(context, { do: "resume", run: tested.runId })}\n`);
      return 130;
  }
}
