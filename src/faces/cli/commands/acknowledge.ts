import type { Command } from "commander";
import { actorName } from "../../../core/value/actor-name.ts";
import { screen } from "../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock acknowledge`: a person says that they have it, and nobody else is told. */
export function registerAcknowledge(program: Command, run: RunCommand): void {
  program
    .command("acknowledge")
    .argument("<id>", "the id of a notification, an incident or a run, or the beginning of one")
    .description("say that you have taken something on: nobody is told of it any more, and the log says that you did")
    .option("--note <text>", "what there is to say about it", "")
    .option("--json", "one JSON document")
    .action((subject: string, options: { note: string; json?: boolean }) =>
      run((context, globals) =>
        acknowledgeCommand(context, globals, subject, { note: options.note, json: options.json === true }),
      ),
    );
}

function acknowledgeCommand(
  context: CliContext,
  globals: GlobalOptions,
  subject: string,
  { note, json }: { readonly note: string; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const done = await interlock.acknowledge({ subject, reason: note });
    if (!done.ok) return refuse(context, done.error, { json });
    const { acknowledged } = done.value;
    if (json) {
      printDocument(context, { format: "interlock.acknowledged/1", acknowledged });
      return 0;
    }
    for (const one of acknowledged)
      context.out(screen`${one.subject} acknowledged by ${actorName(one.by)}: nobody else is told of it\n`);
    if (acknowledged.length === 0) context.out(screen`nobody is asked about it any more\n`);
    return 0;
  });
}
