import type { Command } from "commander";
import { targetsToType } from "../../../core/approval/check-approval.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../core/value/result.ts";
import { quote } from "../../../core/value/text.ts";
import type { SignedApproval } from "../../../flow/approve/approve-plan.ts";
import type { Site } from "../../../flow/site/site.ts";
import type { Identity } from "../../../identities/identity.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { FoundPlan } from "../find-plan.ts";
import { printDocument, refuse } from "../report.ts";
import { collect } from "./check.ts";

interface ApproveOptions {
  readonly as?: string;
  readonly validFor?: string;
  readonly target: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `interlock approve` and `reject`: a person's word on a plan's hash. */
export function registerApprove(program: Command, run: RunCommand): void {
  program
    .command("approve")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`", "last")
    .description("review a plan and sign its hash; the key's passphrase is typed at the terminal")
    .option("--as <identity>", "which of your keys signs (default: the only one)")
    .option("--valid-for <duration>", "how long the approval counts, such as `30m` (default: the site's)")
    .option("--target <name>", "name of an irreversible step's target, once each; asked for at a terminal", collect, [])
    .option("--yes", "do not ask once more before signing")
    .option("--json", "one JSON document")
    .action((wanted: string, options: ApproveOptions) =>
      run((context, globals) => approveCommand(context, globals, wanted, options)),
    );
  program
    .command("reject")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`", "last")
    .requiredOption("--reason <text>", "why: the proposer will read it")
    .description("reject a plan: it cannot be applied any more, whoever approves it")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { reason: string; json?: boolean }) =>
      run((context, globals) => rejectCommand(context, globals, wanted, options)),
    );
}

async function approveCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: ApproveOptions,
): Promise<number> {
  const { withPlans } = await import("../with-plans.ts");
  const { openCliSite } = await import("../open-site.ts");
  const json = options.json === true;
  const { refuseRecorded } = await import("../refuse-recorded.ts");
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuseRecorded(context, globals, "approve", site.error, { json });
  const request = {
    as: options.as ?? null,
    validFor: options.validFor ?? null,
    target: options.target,
    yes: options.yes === true,
    json,
    quiet: false,
  };
  return withPlans(context, globals, { wanted: [wanted], json, asked: "approve" }, async ([found], { records }) => {
    if (found === undefined) return 1;
    // A signature that could never count is not asked for.
    const isRejected = records.rejections.some(({ planHash }) => planHash === found.planHash);
    if (isRejected)
      return refuseRecorded(
        context,
        globals,
        "approve",
        [problem("E_APPROVAL_REJECTED", "", "a person rejected this plan")],
        { json },
      );
    return approveFound(context, globals, { site: site.value, found }, request);
  });
}

/** How a plan is approved; `quiet` says nothing of success. */
export interface ApproveRequest {
  readonly as: string | null;
  readonly validFor: string | null;
  readonly target: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Reviews, signs and records: the way of every approval, whichever command asks for it. */
export async function approveFound(
  context: CliContext,
  globals: GlobalOptions,
  of: { readonly site: Site; readonly found: FoundPlan },
  request: ApproveRequest,
): Promise<number> {
  const { approvePlan } = await import("../../../flow/approve/approve-plan.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const { validFor } = await import("../valid-for.ts");
  const { chooseIdentity, unlock } = await import("../choose-identity.ts");
  const { describeLead, logTimeMs } = await import("../log-time.ts");
  const { site, found } = of;
  const no = (problem: Problem): Promise<number> => refuseRecorded(context, globals, "approve", [problem], request);
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "approve", command: "approve", resource: found.planHash },
    request,
  );
  if (forbidden !== null) return forbidden;
  const identity = chooseIdentity(context, request.as);
  if (!identity.ok) return no(identity.error);
  const validForMs = validFor(request.validFor, site.config.approvals);
  if (!validForMs.ok) return no(validForMs.error);
  const typed = await review(context, found, identity.value, request);
  if (!typed.ok) return no(typed.error);
  const nowMs = logTimeMs(context, globals);
  const lead = describeLead(nowMs);
  if (lead !== null) context.err(`${lead}\n`);
  for (let triesLeft = passphraseTries; ; triesLeft -= 1) {
    const passphrase = await unlock(identity.value);
    if (!passphrase.ok) return no(passphrase.error);
    const signed = approvePlan(site, found.plan, found.planHash, {
      identity: identity.value,
      passphrase: passphrase.value,
      nowMs,
      validForMs: validForMs.value,
      typedTargets: typed.value,
    });
    if (signed.ok) return record(context, globals, found, signed.value, request);
    const isMistyped = signed.error[0]?.code === "E_IDENTITY_LOCKED";
    if (!isMistyped || triesLeft <= 1) return refuseRecorded(context, globals, "approve", signed.error, request);
    context.err("the key does not open with this passphrase; once more\n");
  }
}

/** A person who mistypes in the middle of an incident is asked again; a plan is not lost to a slip of the finger. */
const passphraseTries = 3;

async function record(
  context: CliContext,
  globals: GlobalOptions,
  found: FoundPlan,
  signed: SignedApproval,
  options: ApproveRequest,
): Promise<number> {
  const { recordEvents } = await import("../record.ts");
  const { approval, envelope, envelopeDigest } = signed;
  const { approvalId, planHash, principal, attended, solo, expiresAtMs } = approval;
  const recorded = await recordEvents(
    context,
    globals,
    [{ kind: "approval_recorded", runId: null, approvalId, planHash, envelope: envelopeDigest, by: principal }],
    [{ digest: envelopeDigest, value: envelope as never }],
  );
  if (!recorded.ok) return refuse(context, [recorded.error], options);
  if (options.quiet) return 0;
  const name = `pl_${found.planHash.slice(7, 19)}`;
  if (options.json)
    printDocument(context, {
      format: "interlock.approved/1",
      approvalId,
      planHash,
      person: principal.id,
      attended,
      solo,
      expiresAtMs,
    });
  else {
    const marks = `${attended ? "" : " UNATTENDED"}${solo ? " SOLO" : ""}`;
    context.out(
      `${name} approved by ${principal.id}${marks} until ${new Date(expiresAtMs).toISOString()}; next: interlock apply ${name}\n`,
    );
  }
  return 0;
}

/** Shows the plan and has the person say so: names of irreversible targets are typed, not clicked. */
async function review(
  context: CliContext,
  found: FoundPlan,
  identity: Identity,
  options: ApproveRequest,
): Promise<Result<readonly string[], Problem>> {
  const { renderReview } = await import("../../../core/plan/show/render-review.ts");
  const { reviewPlan } = await import("../../../core/plan/show/review.ts");
  const targets = targetsToType(found.plan);
  if (context.isInteractive) context.err(renderReview(reviewPlan(found.plan)));
  if (!context.isInteractive) {
    if (identity.attended)
      return fail(
        problem("E_TERMINAL_MISSING", "", "a plan is reviewed and signed at a terminal, and this process has none"),
      );
    return ok(options.target);
  }
  const { isCancel, confirm, text } = await import("@clack/prompts");
  const typed: string[] = [...options.target];
  for (const target of targets.filter((wanted) => !options.target.includes(wanted))) {
    const answer = await text({
      message: `irreversible and not proven: type ${target} to approve changing it`,
      output: process.stderr,
    });
    if (isCancel(answer)) return fail(problem("E_INTERRUPTED", "", "not approved"));
    if (answer !== target) return fail(problem("E_APPROVAL_TARGET", "", `${quote(answer)} is not ${quote(target)}`));
    typed.push(answer);
  }
  if (options.yes) return ok(typed);
  const isSure = await confirm({
    message: `approve pl_${found.planHash.slice(7, 19)} as ${identity.person}?`,
    initialValue: false,
    output: process.stderr,
  });
  return isCancel(isSure) || !isSure ? fail(problem("E_INTERRUPTED", "", "not approved")) : ok(typed);
}

async function rejectCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: { readonly reason: string; readonly json?: boolean },
): Promise<number> {
  const { withPlans } = await import("../with-plans.ts");
  const { recordEvents } = await import("../record.ts");
  const { currentPrincipal } = await import("../open-site.ts");
  const { refuseForbidden } = await import("../refuse-recorded.ts");
  const json = options.json === true;
  return withPlans(context, globals, { wanted: [wanted], json, asked: "reject" }, async ([found]) => {
    if (found === undefined) return 1;
    const { planHash } = found;
    const forbidden = await refuseForbidden(
      context,
      globals,
      { capability: "approve", command: "reject", resource: planHash },
      { json },
    );
    if (forbidden !== null) return forbidden;
    const recorded = await recordEvents(
      context,
      globals,
      [{ kind: "approval_rejected", runId: null, planHash, by: currentPrincipal(context), reason: options.reason }],
      [],
    );
    if (!recorded.ok) return refuse(context, [recorded.error], { json });
    if (json) printDocument(context, { format: "interlock.rejected/1", planHash, reason: options.reason });
    else context.out(`pl_${planHash.slice(7, 19)} rejected\n`);
    return 0;
  });
}
