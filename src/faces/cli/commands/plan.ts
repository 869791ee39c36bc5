import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import { actorName } from "../../../core/value/actor-name.ts";
import type { Problem } from "../../../core/value/codes.ts";
import { ok, type Result } from "../../../core/value/result.ts";
import { ownText, type ScreenText, screen } from "../../../core/value/screen.ts";
import { nameSome } from "../../../core/value/step-name.ts";
import type { Compiled, Interlock, PlannedChange, Proposer } from "../../../interlock.ts";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import { type CliContext, readInput } from "../context.ts";
import { withInterlock } from "../door.ts";
import { parseInputs } from "../parse-inputs.ts";
import { printDocument, refuse, reportProblems } from "../report.ts";
import { showTime } from "../show-time.ts";
import { saidText } from "../text-option.ts";
import { twinText } from "../twin-text.ts";
import { wordNext } from "../word-next.ts";
import { modeFor, type Output, openOutput } from "../write-output.ts";

interface PlanOptions {
  readonly goal: string;
  readonly intent: string;
  readonly input: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
  readonly as?: string;
  readonly proposerKind: Proposer["kind"];
  readonly proposer?: string;
  readonly detailedExitcode?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

const proposerKinds: readonly Proposer["kind"][] = ["person", "file", "model", "workflow", "search"];

/** `interlock plan`: compiles a proposal against the domain and the world as it is now. Changes nothing. */
export function registerPlan(program: Command, run: RunCommand): void {
  program
    .command("plan")
    .argument("<proposal>", "a proposal's file, or `-` for stdin")
    .description("compile a proposal into a plan, frozen and hashed, for review")
    .option("--goal <guard>", "the operator's goal, a guard over facts", saidText, "")
    .option("--intent <text>", "what is wanted, in words; the plan keeps it with who gave it", saidText, "")
    .option("--input <name=json>", "an input of the proposal, once each", collect, [])
    .option("--out <file>", "also write the plan to this file, a new one")
    .option("--force", "replace the file of `--out` if it exists")
    .option("--as <person>", "on whose behalf it is proposed (default: you)")
    .addOption(new Option("--proposer-kind <kind>", "what made the proposal").choices(proposerKinds).default("file"))
    .option("--proposer <name>", "who or what made the proposal (default: the file's name)")
    .option(
      "--detailed-exitcode",
      "exit 2 when the plan has changes, 0 when there is nothing to do because the goal holds",
    )
    .addOption(
      new Option("--full", "the whole review: every step with everything that it reads and sends").conflicts("json"),
    )
    .option("--json", "one JSON document: the plan, its hash, its changes and its endings")
    .action((file: string, options: PlanOptions) =>
      run((context, globals) => planCommand(context, globals, file, options)),
    );
}

async function planCommand(
  context: CliContext,
  globals: GlobalOptions,
  file: string,
  options: PlanOptions,
): Promise<number> {
  const json = options.json === true;
  const inputs = parseInputs(options.input);
  if (!inputs.ok) return refuse(context, inputs.error, { json });
  const proposal = () => readInput(context, file === "-" ? file : resolve(context.cwd, file));
  const proposer = {
    kind: options.proposerKind,
    id: options.proposer ?? (file === "-" ? "stdin" : basename(file)),
    onBehalfOf: options.as ?? globals.actor.id,
  };
  return withInterlock(context, globals, { json }, async (interlock) => {
    const out = await outputOf(context, interlock, globals, options);
    if (!out.ok) return refuse(context, [out.error], { json });
    const request = { proposal, proposer, goal: options.goal, intent: options.intent, inputs: inputs.value };
    const compiled = await interlock.plan(request);
    if (!compiled.ok) return refuse(context, compiled.error, { json });
    return tellCompiled(context, interlock, compiled.value, {
      json,
      out: out.value,
      full: options.full === true,
      detailedExitcode: options.detailedExitcode === true,
    });
  });
}

/** Where `--out` leads, or `null` without it. */
export async function outputOf(
  context: CliContext,
  interlock: Interlock,
  globals: GlobalOptions,
  { out, force }: { readonly out?: string; readonly force?: boolean },
): Promise<Result<Output | null, Problem>> {
  const mode = modeFor(globals, force);
  if (!mode.ok) return mode;
  return out === undefined ? ok(null) : openOutput(context, interlock, out, { mode: mode.value });
}

/** How a plan is printed. `out` is a file to write it to as well. */
export interface TellPlanOptions {
  readonly json: boolean;
  readonly out: Output | null;
  /** Whether to print the whole review. */
  readonly full: boolean;
  readonly detailedExitcode: boolean;
}

/** Prints the result of compiling: the plan for review with the next step, or that there is nothing to do. */
export async function tellCompiled(
  context: CliContext,
  interlock: Interlock,
  compiled: Compiled,
  options: TellPlanOptions,
): Promise<number> {
  if (compiled.kind === "planned") return tellPlan(context, interlock, compiled, options);
  const { leftOut } = compiled;
  if (options.json)
    printDocument(context, { format: "interlock.planned/1", planHash: null, nothingToDo: true, leftOut });
  else {
    context.out(screen`nothing to do: the goal holds already\n`);
    for (const { action, targets, changes } of leftOut) {
      const objects = nameSome(targets.map((target) => target ?? "the domain"));
      const facts = changes.map(({ fact, before, after }) => `${fact} ${before[0] ?? "unknown"} → ${after}`).join(", ");
      const what = screen`${action} on ${objects}${facts === "" ? "" : ` (${facts})`}`;
      context.out(screen`  not planned, because the goal does not ask for it: ${what}\n`);
    }
  }
  return 0;
}

/** What a plan waits for, and the next command. The same proposal may have been planned and approved before. */
async function standingText(
  context: CliContext,
  interlock: Interlock,
  { plan, planHash }: Pick<PlannedChange, "plan" | "planHash">,
): Promise<ScreenText> {
  const listed = await interlock.plans({ state: "approved", beforeSeq: null, limit: 1 });
  const approved = listed.ok ? listed.value.plans.find((known) => known.planHash === planHash) : undefined;
  const isReady = approved !== undefined || plan.bounds.writeCount === 0;
  const next = screen`next: ${wordNext(context, { do: isReady ? "apply" : "approve", plan: planHash })}`;
  const approval = approved?.approval ?? null;
  if (approval === null) return next;
  const until = approval.expiresAtMs === null ? "" : ` until ${showTime(approval.expiresAtMs)}`;
  return screen`it is approved already, by ${actorName(approval.by)}${until}; ${next}`;
}

async function tellPlan(
  context: CliContext,
  interlock: Interlock,
  { plan, planHash }: PlannedChange,
  { json, out, full, detailedExitcode }: TellPlanOptions,
): Promise<number> {
  const shown = await interlock.show({ plan: planHash });
  if (!shown.ok) return refuse(context, shown.error, { json });
  const { texts, outlook, outline, rejection, refused, rejectedTwin } = shown.value;
  if (out !== null) {
    const written = out.write(texts.file);
    if (!written.ok) return refuse(context, [written.error], { json });
  }
  const told = { outlook, ...outline, refused, rejectedTwin };
  if (json) printDocument(context, { format: "interlock.planned/1", planHash, nothingToDo: false, ...told, plan });
  else {
    context.out(ownText(full ? texts.review : texts.outline));
    if (rejectedTwin !== null) context.err(screen`! ${twinText(rejectedTwin)}\n`);
    if (rejection !== null) return reportProblems(context, [rejection]);
    // A person who approves it would only be told then.
    if (refused.length > 0) return reportProblems(context, refused);
    // A summary in the past tense reads like a report. This is what stands below it.
    context.err(screen`nothing has been done yet; ${await standingText(context, interlock, { plan, planHash })}\n`);
  }
  return detailedExitcode ? 2 : 0;
}
