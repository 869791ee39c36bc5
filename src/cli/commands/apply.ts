import type { Command } from "commander";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { FoundPlan } from "../find-plan.ts";
import { refuse } from "../report.ts";
import type { PlanSource } from "../with-plans.ts";

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
    .action((wanted: string, options: ApplyOptions) => run((context, globals) => applyCommand(context, globals, wanted, options)));
}

async function applyCommand(context: CliContext, globals: GlobalOptions, wanted: string, options: ApplyOptions): Promise<number> {
  const { withPlans } = await import("../with-plans.ts");
  const json = options.json === true;
  return withPlans(context, globals, { wanted: [wanted], json }, ([found], source) => (found === undefined ? Promise.resolve(1) : applyPlan(context, globals, { found, source }, options)));
}

async function applyPlan(context: CliContext, globals: GlobalOptions, from: { readonly found: FoundPlan; readonly source: PlanSource }, options: ApplyOptions): Promise<number> {
  const { currentPrincipal, openCliSite } = await import("../open-site.ts");
  const { openCliOwner, submitAndFollow } = await import("../run-to-rest.ts");
  const { findAuthorization } = await import("../../flow/approve-plan.ts");
  const { prepareStart } = await import("../../flow/apply-plan.ts");
  const { identityFolder, listIdentities } = await import("../../authorize/identity.ts");
  const { refuseRecorded } = await import("../refuse-recorded.ts");
  const { systemClock } = await import("../../engine/clock.ts");
  const display = { json: options.json === true, jsonl: options.jsonl === true };
  const { plan, planHash } = from.found;
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuse(context, site.error, display);
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return refuse(context, [identities.error], display);
  const authorization = findAuthorization({ site: site.value, plan, planHash, records: from.source.records, log: from.source.log, identities: identities.value, nowMs: systemClock.nowMs() });
  if (!authorization.ok) return refuseRecorded(context, globals, "apply", authorization.error, display);
  const owner = await openCliOwner(context, globals, site.value, display);
  if (!owner.ok) return refuse(context, [owner.error], display);
  try {
    const start = await prepareStart(site.value, { plan, planHash, authorization: authorization.value, actor: currentPrincipal(context), clock: systemClock, signal: new AbortController().signal });
    if (!start.ok) return refuse(context, [start.error], display);
    const followed = await submitAndFollow(context, owner.value, start.value, display);
    return followed.ok ? followed.value : refuse(context, [followed.error], display);
  } finally {
    await owner.value.close();
  }
}
