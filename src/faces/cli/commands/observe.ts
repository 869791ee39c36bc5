import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import { screen } from "../../../core/value/screen.ts";
import { quote } from "../../../core/value/text.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock observe`: a person says what a probe of an open incident would answer. */
export function registerObserve(program: Command, run: RunCommand): void {
  program
    .command("observe")
    .argument("<incident>", "the id of an open incident, or the beginning of it")
    .argument("<probe=outcome>", "what you have seen yourself, in the words of the situation")
    .description("tell an open incident what you have seen; it is decided again with that before anything is written")
    .option("--json", "one JSON document")
    .action((incident: string, seen: string, options: { json?: boolean }) =>
      run((context, globals) => observeCommand(context, globals, { incident, seen, json: options.json === true })),
    );
}

function observeCommand(
  context: CliContext,
  globals: GlobalOptions,
  { incident, seen, json }: { readonly incident: string; readonly seen: string; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const [, step, outcome] = /^([^=]+)=([^=]+)$/.exec(seen) ?? [];
    if (step === undefined || outcome === undefined) {
      const hint = "for example `locks=contention`";
      return refuse(context, [problem("E_USAGE", "", `${quote(seen)} is not PROBE=OUTCOME`, hint)], { json });
    }
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], { json });
    const observed = await interlock.observe({ incident, step, outcome });
    if (!observed.ok) return refuse(context, observed.error, { json });
    const { incidentId, isNew } = observed.value;
    if (json) printDocument(context, { format: "interlock.observed/1", ...observed.value });
    else if (isNew) context.out(screen`${incidentId}: ${step} is ${outcome}. It counts from the next decision on.\n`);
    else context.out(screen`${incidentId}: ${step} is known to be ${outcome}. Nothing was recorded.\n`);
    return 0;
  });
}
