import type { Command } from "commander";
import type { Problem } from "../../../core/value/codes.ts";
import type { Digest } from "../../../core/value/digest.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { refuse } from "../report.ts";

interface ApplyOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
}

/** `interlock apply`: run an approved plan, with live progress. */
export function registerApply(program: Command, run: RunCommand): void {
  program
    .command("apply")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`", "last")
    .description("run an approved plan; Ctrl-C stops it after what is in flight")
    .option("--json", "one JSON document when it has come to rest")
    .option("--jsonl", "an event stream: one JSON document a line")
    .action((wanted: string, options: ApplyOptions) =>
      run((context, globals) => applyCommand(context, globals, wanted, options)),
    );
}

async function applyCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: ApplyOptions,
): Promise<number> {
  const { withPlans } = await import("../with-plans.ts");
  const json = options.json === true;
  return withPlans(context, globals, { wanted: [wanted], json, asked: "apply" }, ([found]) =>
    found === undefined ? Promise.resolve(1) : applyPlan(context, globals, found.planHash, options),
  );
}

async function applyPlan(
  context: CliContext,
  globals: GlobalOptions,
  planHash: Digest,
  options: ApplyOptions,
): Promise<number> {
  const { beginThroughOwner, followToRest } = await import("../apply-through-owner.ts");
  const { currentPrincipal, openCliSite } = await import("../open-site.ts");
  const { openCliOwner, submitAndFollow } = await import("../run-to-rest.ts");
  const { prepareApproved } = await import("../../../flow/apply/prepare-approved.ts");
  const { identityFolder } = await import("../../../identities/identity.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const { storeFolder } = await import("../site.ts");
  const { systemClock } = await import("../../../engine/clock.ts");
  const display = { json: options.json === true, jsonl: options.jsonl === true };
  const no = (problems: readonly Problem[]): Promise<number> =>
    refuseRecorded(context, globals, "apply", problems, display);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "apply", command: "apply", resource: planHash },
    display,
  );
  if (forbidden !== null) return forbidden;
  const site = await openCliSite(context, globals);
  if (!site.ok) return no(site.error);
  const by = currentPrincipal(context);
  const begun = await beginThroughOwner(storeFolder(context, globals), { kind: "apply", planHash, by }, () =>
    openCliOwner(context, globals, site.value, display),
  );
  if (begun.kind === "failed") return no([begun.problem]);
  if (begun.kind === "refused") return refuse(context, [begun.problem], display);
  if (begun.kind === "elsewhere")
    return followToRest(context, globals, { site: site.value, runId: begun.runId }, display);
  const { owner } = begun;
  try {
    const start = await prepareApproved(
      site.value,
      owner,
      { planHash, by },
      { identities: identityFolder(context.environment), clock: systemClock },
    );
    if (!start.ok) return await no(start.error);
    // What the kernel refuses it records itself.
    const followed = await submitAndFollow(context, owner, start.value, display);
    return followed.ok ? followed.value : refuse(context, [followed.error], display);
  } finally {
    await owner.close();
  }
}
