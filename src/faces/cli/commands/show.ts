import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../report.ts";

interface ShowOptions {
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly mermaid?: boolean;
}

/** `interlock show` and `interlock diff`: a plan for review, and what distinguishes two. */
export function registerShow(program: Command, run: RunCommand): void {
  program
    .command("show")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`", "last")
    .description("show a plan for review: what is shown is what is signed")
    .option("--json", "one JSON document: the plan")
    .option("--dot", "the plan's graph for Graphviz")
    .option("--mermaid", "the plan's graph for Mermaid")
    .action((wanted: string, options: ShowOptions) =>
      run((context, globals) => showCommand(context, globals, wanted, options)),
    );
  program
    .command("diff")
    .argument("<before>", "a plan")
    .argument("<after>", "another")
    .description("show what distinguishes two plans; exits 2 with --detailed-exitcode when they differ")
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
  const { withPlans } = await import("../with-plans.ts");
  const { drawDot, drawMermaid } = await import("../../../core/plan/show/draw-plan.ts");
  const { renderReview } = await import("../../../core/plan/show/render-review.ts");
  const { reviewPlan } = await import("../../../core/plan/show/review.ts");
  const json = options.json === true;
  return withPlans(context, globals, { wanted: [wanted], json }, async ([found]) => {
    if (found === undefined) return 1;
    const { plan, planHash } = found;
    if (json) printDocument(context, { format: "interlock.shown/1", planHash, review: reviewPlan(plan), plan });
    else if (options.dot === true) context.out(drawDot(plan));
    else if (options.mermaid === true) context.out(drawMermaid(plan));
    else context.out(renderReview(reviewPlan(plan)));
    return 0;
  });
}

async function diffCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: readonly string[],
  options: { readonly json?: boolean; readonly detailedExitcode?: boolean },
): Promise<number> {
  const { withPlans } = await import("../with-plans.ts");
  const { diffPlans, renderDiff } = await import("../../../core/plan/show/diff.ts");
  const json = options.json === true;
  return withPlans(context, globals, { wanted, json }, async ([before, after]) => {
    if (before === undefined || after === undefined) return 1;
    const diff = diffPlans(before.plan, after.plan);
    if (json) printDocument(context, diff);
    else context.out(renderDiff(diff));
    return options.detailedExitcode === true && diff.before !== diff.after ? 2 : 0;
  });
}
