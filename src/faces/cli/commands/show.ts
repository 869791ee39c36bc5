import { type Command, Option } from "commander";
import { ownText } from "../../../core/value/screen.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { planArgument } from "../site.ts";

interface ShowOptions {
  readonly json?: boolean;
  readonly full?: boolean;
  readonly dot?: boolean;
  readonly mermaid?: boolean;
}

/** `interlock show` and `interlock diff`: a plan for review, and the differences between two plans. */
export function registerShow(program: Command, run: RunCommand): void {
  program
    .command("show")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`, the one you planned last", "last")
    .description("show a plan for review")
    .addOption(
      new Option("--full", "the whole review: every step with everything that it reads and sends").conflicts("json"),
    )
    .option("--json", "one JSON document: the plan, its changes and its endings")
    .addOption(new Option("--dot", "the plan's graph for Graphviz").conflicts(["mermaid", "json"]))
    .addOption(new Option("--mermaid", "the plan's graph for Mermaid").conflicts("json"))
    .action((wanted: string, options: ShowOptions) =>
      run((context, globals) => showCommand(context, globals, wanted, options)),
    );
  program
    .command("diff")
    .argument("<before>", "a plan")
    .argument("<after>", "another")
    .description("show the differences between two plans")
    .option("--json", "one JSON document")
    .option("--detailed-exitcode", "exit 2 when the plans differ")
    .action((before: string, after: string, options: { json?: boolean; detailedExitcode?: boolean }) =>
      run((context, globals) => diffCommand(context, globals, [before, after], options)),
    );
}

async function showCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: ShowOptions,
): Promise<number> {
  const json = options.json === true;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const shown = await interlock.show({ plan: planArgument(context, wanted) });
    if (!shown.ok) return refuse(context, shown.error, { json });
    const { plan, planHash, review, outlook, outline, texts } = shown.value;
    const told = { planHash, ...outline, outlook, review, plan };
    if (json) printDocument(context, { format: "interlock.shown/1", ...told });
    else if (options.dot === true) context.data(texts.dot);
    else if (options.mermaid === true) context.data(texts.mermaid);
    else context.out(ownText(options.full === true ? texts.review : texts.outline));
    return 0;
  });
}

async function diffCommand(
  context: CliContext,
  globals: GlobalOptions,
  [before, after]: readonly [string, string],
  options: { readonly json?: boolean; readonly detailedExitcode?: boolean },
): Promise<number> {
  const json = options.json === true;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const plans = { before: planArgument(context, before), after: planArgument(context, after) };
    const compared = await interlock.diff(plans);
    if (!compared.ok) return refuse(context, compared.error, { json });
    const { diff, text } = compared.value;
    if (json) printDocument(context, diff);
    else context.out(ownText(text));
    return options.detailedExitcode === true && diff.before !== diff.after ? 2 : 0;
  });
}
