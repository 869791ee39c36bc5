import type { Command } from "commander";
import { ok } from "../../../core/value/result.ts";
import { screen } from "../../../core/value/screen.ts";
import { describeDuration } from "../../../core/value/units.ts";
import type { Interlock, Proposed } from "../../../interlock.ts";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { interrupts } from "../interrupts.ts";
import { parseInputs } from "../parse-inputs.ts";
import { refuse } from "../report.ts";
import { saidText } from "../text-option.ts";
import { type Output, openOutput } from "../write-output.ts";
import { outputOf, tellCompiled } from "./plan.ts";

interface ProposeOptions {
  readonly goal: string;
  readonly intent: string;
  readonly with?: string;
  readonly input: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
  readonly record?: string;
  readonly json?: boolean;
}

/** `interlock propose`: asks a configured proposer, and compiles its answer like any other proposal. */
export function registerPropose(program: Command, run: RunCommand): void {
  program
    .command("propose")
    .description(
      "ask a proposer (a language model, a workflow, a recording) for a proposal and compile it; nothing is changed",
    )
    .option("--with <name>", "which of the proposers in interlock.yaml (default: the only one)")
    .option("--goal <guard>", "what is wanted, a guard over facts", saidText, "")
    .option("--intent <text>", "the same in words; the proposer reads it and the plan keeps it", saidText, "")
    .option("--input <name=json>", "an input, once each", collect, [])
    .option("--out <file>", "also write the proposal to this file, a new one, as it was answered")
    .option("--force", "replace the file of `--out` if it exists")
    .option("--record <file>", "append a model's answers to this cassette")
    .option("--json", "one JSON document: the plan and its hash")
    .action((options: ProposeOptions) => run((context, globals) => proposeCommand(context, globals, options)));
}

function proposeCommand(context: CliContext, globals: GlobalOptions, options: ProposeOptions): Promise<number> {
  const json = options.json === true;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const inputs = parseInputs(options.input);
    if (!inputs.ok) return refuse(context, inputs.error, { json });
    const out = await outputOf(context, interlock, globals, options);
    if (!out.ok) return refuse(context, [out.error], { json });
    const record =
      options.record === undefined
        ? ok(null)
        : await openOutput(context, interlock, options.record, { mode: "append" });
    if (!record.ok) return refuse(context, [record.error], { json });
    const calledOff = new AbortController();
    const interrupted = interrupts({ onFirst: () => calledOff.abort() });
    const startedMs = performance.now();
    try {
      const proposed = await interlock.propose({
        intent: options.intent,
        goal: options.goal,
        inputs: inputs.value,
        with: options.with ?? null,
        signal: calledOff.signal,
      });
      return proposed.ok
        ? await tellProposed(context, interlock, proposed.value, {
            json,
            out: out.value,
            record: record.value,
            elapsedMs: Math.round(performance.now() - startedMs),
          })
        : refuse(context, proposed.error, { json });
    } finally {
      interrupted.dispose();
    }
  });
}

interface TellProposedOptions {
  readonly json: boolean;
  readonly out: Output | null;
  readonly record: Output | null;
  readonly elapsedMs: number;
}

async function tellProposed(
  context: CliContext,
  interlock: Interlock,
  { calls, cassette, compiled, proposer, roundCount, bytes }: Proposed,
  { json, out, record, elapsedMs }: TellProposedOptions,
): Promise<number> {
  const tokenCount = calls.reduce(
    (sum, { inputTokenCount, outputTokenCount }) => sum + (inputTokenCount ?? 0) + (outputTokenCount ?? 0),
    0,
  );
  const rounds = `${roundCount} ${roundCount === 1 ? "round" : "rounds"}`;
  const tokens = tokenCount > 0 ? `, ${tokenCount} tokens` : "";
  // How fast a text comes says nothing of how fast anything is done.
  const took = `after ${describeDuration(elapsedMs)}`;
  const proposed = bytes === null ? "nothing was proposed" : "proposed";
  context.err(screen`${proposed} by ${proposer.kind} ${proposer.id} in ${rounds}${tokens}, ${took}\n`);
  const unwritten = [
    out !== null && bytes !== null ? out.write(bytes) : ok(null),
    record?.write(cassette.join("")) ?? ok(null),
  ].flatMap((written) => (written.ok ? [] : [written.error]));
  if (unwritten.length > 0) return refuse(context, unwritten, { json });
  if (!compiled.ok) return refuse(context, compiled.error, { json });
  return tellCompiled(context, interlock, compiled.value, { json, out: null, full: false, detailedExitcode: false });
}
