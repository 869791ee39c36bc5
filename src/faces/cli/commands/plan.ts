import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Plan, Proposer } from "../../../core/plan/plan.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import type { PlannedChange } from "../../../flow/plan/plan-proposal.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import { type CliContext, readInput } from "../context.ts";
import { printDocument, refuse } from "../report.ts";
import { collect } from "./check.ts";

interface PlanOptions {
  readonly goal: string;
  readonly input: readonly string[];
  readonly out?: string;
  readonly as?: string;
  readonly proposerKind: Proposer["kind"];
  readonly proposer?: string;
  readonly detailedExitcode?: boolean;
  readonly json?: boolean;
}

const proposerKinds: readonly Proposer["kind"][] = ["person", "file", "model", "workflow", "search", "recovery"];

/** `interlock plan`: compile a proposal against the domain and the world as it is now; nothing is changed. */
export function registerPlan(program: Command, run: RunCommand): void {
  program
    .command("plan")
    .argument("<proposal>", "a proposal's file, or `-` for stdin")
    .description("compile a proposal into a plan: frozen, hashed, ready for review")
    .option("--goal <guard>", "the operator's goal, a guard over facts", "")
    .option("--input <name=json>", "an input of the proposal, once each", collect, [])
    .option("--out <file>", "also write the plan to this file")
    .option("--as <person>", "on whose behalf it is proposed (default: you)")
    .addOption(new Option("--proposer-kind <kind>", "what made the proposal").choices(proposerKinds).default("file"))
    .option("--proposer <name>", "who or what made the proposal (default: the file's name)")
    .option("--detailed-exitcode", "exit 2 when the plan has changes, 0 when there is nothing to do")
    .option("--json", "one JSON document: the plan and its hash")
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
  const { currentPrincipal, openCliSite, readCliRecords } = await import("../open-site.ts");
  const { parseInputs } = await import("../parse-inputs.ts");
  const { planProposal } = await import("../../../flow/plan/plan-proposal.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const json = options.json === true;
  const no = (problems: readonly Problem[]): Promise<number> =>
    refuseRecorded(context, globals, "plan", problems, { json });
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "propose", command: "plan", resource: file },
    { json },
  );
  if (forbidden !== null) return forbidden;
  const inputs = parseInputs(options.input);
  if (!inputs.ok) return no(inputs.error);
  const bytes = await readInput(context, file === "-" ? file : resolve(context.cwd, file));
  if (!bytes.ok) return no([bytes.error]);
  const site = await openCliSite(context, globals);
  if (!site.ok) return no(site.error);
  const records = await readCliRecords(context, globals);
  if (!records.ok) return no(records.error);
  const proposer = {
    kind: options.proposerKind,
    id: options.proposer ?? (file === "-" ? "stdin" : basename(file)),
    onBehalfOf: options.as ?? currentPrincipal(context).id,
  };
  const planned = await planProposal(
    site.value,
    records.value,
    { proposal: bytes.value, proposer, goal: options.goal, inputs: inputs.value, parent: null },
    new AbortController().signal,
  );
  if (!planned.ok) return no(planned.error);
  if (planned.value === "nothing_to_do") return tellNothingToDo(context, { json });
  return tellPlan(context, globals, planned.value, {
    json,
    out: options.out ?? null,
    detailedExitcode: options.detailedExitcode === true,
  });
}

/** The world is as the goal wants it already. */
export function tellNothingToDo(context: CliContext, options: { readonly json: boolean }): number {
  if (options.json) printDocument(context, { format: "interlock.planned/1", planHash: null, nothingToDo: true });
  else context.out("nothing to do: the goal holds already\n");
  return 0;
}

/** How a plan is told. `out`: a file to write it to as well. */
export interface TellPlanOptions {
  readonly json: boolean;
  readonly out: string | null;
  readonly detailedExitcode: boolean;
}

/** Records a plan, shows it for review and says what is next: the way of every plan, whichever command made it. */
export async function tellPlan(
  context: CliContext,
  globals: GlobalOptions,
  change: PlannedChange,
  options: TellPlanOptions,
): Promise<number> {
  const { currentPrincipal } = await import("../open-site.ts");
  const { recordEvents } = await import("../record.ts");
  const { planFileText } = await import("../../../core/plan/plan-hash.ts");
  const { plan, planHash, proposalDigest } = change;
  const { json } = options;
  const recorded = await recordEvents(
    context,
    globals,
    [{ kind: "plan_recorded", runId: null, planHash, proposalDigest, by: currentPrincipal(context) }],
    [{ digest: planHash, value: asJson(plan) }],
  );
  if (!recorded.ok) return refuse(context, [recorded.error], { json });
  if (options.out !== null) {
    try {
      writeFileSync(resolve(context.cwd, options.out), planFileText(plan));
    } catch (error) {
      return refuse(
        context,
        [
          problem(
            "E_INPUT_MISSING",
            "",
            `\`${options.out}\` cannot be written: ${error instanceof Error ? error.message : ""}`,
          ),
        ],
        { json },
      );
    }
  }
  if (json) printDocument(context, { format: "interlock.planned/1", planHash, nothingToDo: false, plan });
  else {
    const { renderReview } = await import("../../../core/plan/show/render-review.ts");
    const { reviewPlan } = await import("../../../core/plan/show/review.ts");
    context.out(renderReview(reviewPlan(plan)));
    context.err(`next: interlock ${plan.bounds.writeCount === 0 ? "apply" : "approve"} pl_${planHash.slice(7, 19)}\n`);
  }
  return options.detailedExitcode ? 2 : 0;
}

/** A plan is plain data by construction; the canonical writer asserts it. */
function asJson(plan: Plan): never {
  return plan as never;
}
