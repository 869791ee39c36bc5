import type { Command } from "commander";
import type { Problem } from "../../core/value/codes.ts";
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
  return withPlans(context, globals, { wanted: [wanted], json, asked: "apply" }, ([found], source) => (found === undefined ? Promise.resolve(1) : applyPlan(context, globals, { found, source }, options)));
}

async function applyPlan(context: CliContext, globals: GlobalOptions, from: { readonly found: FoundPlan; readonly source: PlanSource }, options: ApplyOptions): Promise<number> {
  const { currentPrincipal, openCliSite } = await import("../open-site.ts");
  const { openCliOwner, submitAndFollow } = await import("../run-to-rest.ts");
  const { findAuthorization } = await import("../../flow/approve-plan.ts");
  const { prepareStart } = await import("../../flow/apply-plan.ts");
  const { identityFolder, listIdentities } = await import("../../authorize/identity.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const { systemClock } = await import("../../engine/clock.ts");
  const display = { json: options.json === true, jsonl: options.jsonl === true };
  const no = (problems: readonly Problem[]): Promise<number> => refuseRecorded(context, globals, "apply", problems, display);
  const { plan, planHash } = from.found;
  const forbidden = await refuseForbidden(context, globals, { capability: "apply", command: "apply", resource: planHash }, display);
  if (forbidden !== null) return forbidden;
  const site = await openCliSite(context, globals);
  if (!site.ok) return no(site.error);
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return no([identities.error]);
  const owner = await openCliOwner(context, globals, site.value, display);
  if (!owner.ok) return no([owner.error]);
  try {
    const { records, log } = from.source;
    const { grants, lastSeenMs } = owner.value.engine.site;
    const authorization = findAuthorization({ site: site.value, plan, planHash, records, log, identities: identities.value, nowMs: Math.max(systemClock.nowMs(), lastSeenMs), grants });
    if (!authorization.ok) return no(authorization.error);
    const start = await prepareStart(site.value, { plan, planHash, authorization: authorization.value, actor: currentPrincipal(context), clock: systemClock, signal: new AbortController().signal });
    if (!start.ok) return no([start.error]);
    // What the kernel refuses it records itself.
    const followed = await submitAndFollow(context, owner.value, start.value, display);
    return followed.ok ? followed.value : refuse(context, [followed.error], display);
  } finally {
    await owner.value.close();
  }
}
