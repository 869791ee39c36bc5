import { kernelVersion, type Plan } from "../../core/plan/plan.ts";
import type { Authorization } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, type Result } from "../../core/value/result.ts";
import { systemClock } from "../../engine/clock.ts";
import { engineOptions } from "../../flow/apply/apply-plan.ts";
import { findAuthorization } from "../../flow/approve/approve-plan.ts";
import type { Alert } from "../../flow/respond/parse-alert.ts";
import { type RespondProgress, respond } from "../../flow/respond/respond.ts";
import type { Site } from "../../flow/site/site.ts";
import { readSiteRecords } from "../../flow/site/site-records.ts";
import { identityFolder, listIdentities } from "../../identities/identity.ts";
import { type Owner, openOwner } from "../../owner/owner.ts";
import { builtInRule } from "../../policies/built-in-rule.ts";
import { outliveReader } from "./broken-pipe.ts";
import type { GlobalOptions } from "./command.ts";
import { approveFound } from "./commands/approve.ts";
import type { CliContext } from "./context.ts";
import { currentPrincipal } from "./open-site.ts";
import { refuseForbidden, refuseRecorded } from "./refuse-recorded.ts";
import { printDocument, refuse } from "./report.ts";
import { respondDisplay } from "./respond-display.ts";
import { exitCodeOfReport } from "./respond-exit.ts";
import { explainLocked, listenForInterrupt, settleLeft } from "./respond-incident.ts";
import { type PreparedResponse, prepareResponse, takeAlert } from "./respond-input.ts";
import { askProposer } from "./respond-proposer.ts";
import { storeFolder } from "./site.ts";

/** What `interlock respond` was asked. */
export interface RespondCommandOptions {
  readonly alert: string | null;
  readonly situation: string | null;
  readonly proposal: string | null;
  readonly proposer: string | null;
  readonly observe: boolean;
  readonly as: string | null;
  readonly target: readonly string[];
  readonly yes: boolean;
  readonly webhook: string | null;
  readonly tokenFile: string | null;
  readonly json: boolean;
}

/** Answers one alert and gives the exit code (docs/exit-codes.md): 0 restored, observed or resolved, 14 escalated untouched, else what it came to. */
export async function respondCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: RespondCommandOptions,
): Promise<number> {
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: options.observe ? "propose" : "apply", command: "respond", resource: options.alert ?? "webhook" },
    options,
  );
  if (forbidden !== null) return forbidden;
  const prepared = await prepareResponse(context, globals, options);
  if (!prepared.ok) return refuseRecorded(context, globals, "respond", prepared.error, options);
  const callOff = new AbortController();
  const taken = await takeAlert(context, options, callOff);
  if (!taken.ok) return refuse(context, taken.error, options);
  try {
    return await answer(context, globals, options, { prepared: prepared.value, alert: taken.value.alert, callOff });
  } finally {
    taken.value.close();
  }
}

async function answer(
  context: CliContext,
  globals: GlobalOptions,
  options: RespondCommandOptions,
  of: { readonly prepared: PreparedResponse; readonly alert: Alert; readonly callOff: AbortController },
): Promise<number> {
  const { prepared, alert, callOff } = of;
  if (alert.status === "resolved") return tellResolved(context, options);
  const display = respondDisplay(context);
  const actor = currentPrincipal(context);
  const engine = {
    ...engineOptions(prepared.site, { clock: systemClock, authorizer: builtInRule, actor, onEvent: display.event }),
    onReading: display.reading,
  };
  outliveReader();
  const opened = await openOwner(storeFolder(context, globals), { ...engine, release: kernelVersion });
  if (!opened.ok) return refuse(context, [explainLocked(context, globals, opened.error, alert)], options);
  const owner = opened.value;
  const interruption = listenForInterrupt(context, owner, callOff);
  try {
    const left = await settleLeft(owner, alert, display, context);
    if (!left.ok) return refuse(context, [left.error], options);
    const approve = (plan: Plan, planHash: Digest): Promise<Result<Authorization, Problem>> =>
      approveHere(context, globals, { owner, site: prepared.site, plan, planHash }, options);
    const tell = (progress: RespondProgress): void => {
      display.tell(progress);
      interruption.follow(progress);
    };
    const proposal =
      options.proposer === null
        ? prepared.proposal
        : await askProposer(owner, {
            site: prepared.site,
            name: options.proposer,
            environment: context.environment,
            alert,
            actor,
            signal: callOff.signal,
            note: display.note,
          });
    const answered = respond({
      ...prepared,
      proposal,
      owner,
      clock: systemClock,
      actor,
      alert,
      observeOnly: options.observe,
      signal: callOff.signal,
      approve,
      tell,
    });
    const report = await Promise.race([answered, interruption.detached]);
    if (report === "detached") return tellDetached(context);
    if (!report.ok) return refuse(context, report.error, options);
    if (options.json) printDocument(context, report.value);
    return exitCodeOfReport(report.value);
  } finally {
    interruption.dispose();
    await owner.close();
  }
}

function tellDetached(context: CliContext): number {
  context.err("left as it stands; next: interlock resume\n");
  return 130;
}

function tellResolved(context: CliContext, options: { readonly json: boolean }): number {
  if (options.json)
    printDocument(context, { format: "interlock.response/1", outcome: "cancelled", reason: "the alert is resolved" });
  else context.out("the alert is resolved: nothing to answer\n");
  return 0;
}

async function approveHere(
  context: CliContext,
  globals: GlobalOptions,
  of: { readonly owner: Owner; readonly site: Site; readonly plan: Plan; readonly planHash: Digest },
  options: RespondCommandOptions,
): Promise<Result<Authorization, Problem>> {
  const { owner, site, plan, planHash } = of;
  const find = (): Result<Authorization, readonly Problem[]> => {
    const identities = listIdentities(identityFolder(context.environment));
    return identities.ok
      ? findAuthorization({
          site,
          plan,
          planHash,
          records: readSiteRecords(owner.store),
          log: owner.store,
          identities: identities.value,
          nowMs: Math.max(systemClock.nowMs(), owner.engine.site.lastSeenMs),
          grants: owner.engine.site.grants,
        })
      : fail([identities.error]);
  };
  // A grant that covers the plan, or a plan that only reads, asks nobody.
  const standing = find();
  if (standing.ok) return standing;
  const exitCode = await approveFound(
    { ...context, out: context.err },
    globals,
    { site, found: { plan, planHash } },
    { as: options.as, validFor: null, target: options.target, yes: options.yes, json: false, quiet: true },
  );
  if (exitCode !== 0) return fail(problem("E_APPROVAL_MISSING", "", "nobody approved the response"));
  const authorization = find();
  return authorization.ok
    ? authorization
    : fail(authorization.error[0] ?? problem("E_APPROVAL_MISSING", "", "nobody approved the response"));
}
