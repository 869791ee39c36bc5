import { appendFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { refuse } from "../report.ts";
import { collect } from "./check.ts";
import { tellNothingToDo, tellPlan } from "./plan.ts";

interface ProposeOptions {
  readonly goal: string;
  readonly intent: string;
  readonly with?: string;
  readonly input: readonly string[];
  readonly out?: string;
  readonly record?: string;
  readonly json?: boolean;
}

/** `interlock propose`: ask a configured proposer, and compile what it answers like anything else. */
export function registerPropose(program: Command, run: RunCommand): void {
  program
    .command("propose")
    .description(
      "ask a proposer (a language model, a workflow, a recording) and compile its answer into a plan; nothing is changed",
    )
    .option("--with <name>", "which of the proposers in interlock.yaml (default: the only one)")
    .option("--goal <guard>", "what is wanted, a guard over facts", "")
    .option("--intent <text>", "the same in words, for the proposer", "")
    .option("--input <name=json>", "an input, once each", collect, [])
    .option("--out <file>", "also write the proposal to this file, as it was answered")
    .option("--record <file>", "append a model's answers to this cassette")
    .option("--json", "one JSON document: the plan and its hash")
    .action((options: ProposeOptions) => run((context, globals) => proposeCommand(context, globals, options)));
}

async function proposeCommand(context: CliContext, globals: GlobalOptions, options: ProposeOptions): Promise<number> {
  const { currentPrincipal, openCliSite, readCliRecords } = await import("../open-site.ts");
  const { parseInputs } = await import("../parse-inputs.ts");
  const { openProposer, proposeChange } = await import("../../../flow/propose/propose.ts");
  const { refuseForbidden } = await import("../refuse-recorded.ts");
  const json = options.json === true;
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "propose", command: "propose", resource: options.with ?? "" },
    { json },
  );
  if (forbidden !== null) return forbidden;
  if (options.goal === "" && options.intent === "" && options.input.length === 0)
    return refuse(
      context,
      [problem("E_USAGE", "", "say what is wanted: `--goal`, `--intent`, or a workflow's `--input`")],
      { json },
    );
  const inputs = parseInputs(options.input);
  if (!inputs.ok) return refuse(context, inputs.error, { json });
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuse(context, site.error, { json });
  const records = await readCliRecords(context, globals);
  if (!records.ok) return refuse(context, records.error, { json });
  const open = await openProposer(site.value, context.environment, options.with ?? null);
  if (!open.ok) return refuse(context, open.error, { json });
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const request = {
      intent: options.intent,
      goal: options.goal,
      inputs: inputs.value,
      onBehalfOf: currentPrincipal(context).id,
      parent: null,
      signal: interrupt.signal,
    };
    const proposed = await proposeChange(site.value, records.value, open.value, request);
    return await tellProposed(context, globals, proposed, options);
  } finally {
    process.off("SIGINT", onInterrupt);
    open.value.close();
  }
}

async function tellProposed(
  context: CliContext,
  globals: GlobalOptions,
  proposed: Awaited<ReturnType<typeof import("../../../flow/propose/propose.ts").proposeChange>>,
  options: ProposeOptions,
): Promise<number> {
  const { cassetteOf, recordsOfCalls } = await import("../../../flow/propose/propose.ts");
  const { currentPrincipal } = await import("../open-site.ts");
  const { recordEvents } = await import("../record.ts");
  const { refuseRecorded } = await import("../refuse-recorded.ts");
  const { calls, planned, proposer, roundCount, bytes } = proposed;
  const json = options.json === true;
  if (calls.length > 0) {
    const recorded = await recordEvents(
      context,
      globals,
      recordsOfCalls(calls, proposer.id, currentPrincipal(context)),
      [],
    );
    if (!recorded.ok) return refuse(context, [recorded.error], { json });
  }
  const tokens = calls.reduce(
    (sum, { inputTokenCount, outputTokenCount }) => sum + (inputTokenCount ?? 0) + (outputTokenCount ?? 0),
    0,
  );
  context.err(
    `proposed by ${proposer.kind} ${proposer.id} in ${roundCount} ${roundCount === 1 ? "round" : "rounds"}${tokens > 0 ? `, ${tokens} tokens` : ""}\n`,
  );
  try {
    if (options.out !== undefined && bytes !== null) writeFileSync(resolve(context.cwd, options.out), bytes);
    if (options.record !== undefined) appendFileSync(resolve(context.cwd, options.record), cassetteOf(calls));
  } catch (error) {
    return refuse(
      context,
      [problem("E_INPUT_MISSING", "", `it cannot be written: ${error instanceof Error ? error.message : ""}`)],
      { json },
    );
  }
  if (!planned.ok) return refuseRecorded(context, globals, "propose", planned.error, { json });
  return planned.value === "nothing_to_do"
    ? tellNothingToDo(context, { json })
    : tellPlan(context, globals, planned.value, { json, out: null, detailedExitcode: false });
}
