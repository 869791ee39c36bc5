import type { Command } from "commander";
import { codes } from "../../../core/value/codes.ts";
import { screen, sentence } from "../../../core/value/screen.ts";
import type { Notified, ToldNotifier } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { interrupts } from "../interrupts.ts";
import { printDocument, refuse } from "../report.ts";

interface NotifyOptions {
  readonly watch: boolean;
  readonly json: boolean;
}

/** `interlock notify`: delivers what waits to be delivered, once or for as long as it stays. */
export function registerNotify(program: Command, run: RunCommand): void {
  program
    .command("notify")
    .description(
      "deliver the notifications that wait. With --watch it stays, delivers what comes up, and tells the next in the " +
        "escalation until somebody acknowledges",
    )
    .option("--watch", "stay until Ctrl-C")
    .option("--json", "one JSON document at the end")
    .action(({ watch = false, json = false }: Partial<NotifyOptions>) =>
      run((context, globals) => notifyCommand(context, globals, { watch, json })),
    );
}

function notifyCommand(context: CliContext, globals: GlobalOptions, options: NotifyOptions): Promise<number> {
  const { watch, json } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], { json });
    const stop = new AbortController();
    const interrupted = interrupts({ onFirst: () => stop.abort() });
    if (watch && !json) context.err(screen`delivers until Ctrl-C\n`);
    try {
      const done = await interlock.notify({
        stay: watch,
        signal: stop.signal,
        onTold: (told) => context.err(toldLine(told)),
        onElsewhere: () => {
          if (watch) context.err(screen`another process delivers; this one takes its place once it ends\n`);
        },
      });
      if (!done.ok) return refuse(context, done.error, { json });
      if (json) printDocument(context, { format: "interlock.notified/1", ...done.value });
      else tell(context, done.value);
      return done.value.undeliveredCount > 0 ? codes.E_NOTIFICATION_FAILED.exitCode : 0;
    } finally {
      interrupted.dispose();
    }
  });
}

function toldLine({ subject, notifier, step, round, problem }: ToldNotifier) {
  const at = step === 0 ? "" : ` (step ${step}, round ${round})`;
  return problem === null
    ? screen`told ${notifier} of ${subject}${at}\n`
    : screen`${notifier} was not told of ${subject}${at}: ${sentence(problem.message)}\n`;
}

function tell(context: CliContext, { deliveredCount, undeliveredCount, by }: Notified): void {
  if (by === "nobody") return context.out(screen`interlock.yaml declares no notifiers, so there is nobody to tell\n`);
  if (by === "another_process") return context.out(screen`another process of this machine delivers\n`);
  const waiting = undeliveredCount === 0 ? screen`nothing waits` : screen`${undeliveredCount} still wait`;
  context.out(screen`${deliveredCount} delivered, ${waiting}\n`);
}
