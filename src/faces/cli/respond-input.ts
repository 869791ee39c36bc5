import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { situationDigest } from "../../flow/apply/apply-plan.ts";
import { type Alert, parseAlert } from "../../flow/respond/parse-alert.ts";
import type { Site } from "../../flow/site/site.ts";
import { readSituation, type SituationFile } from "../../packs/read-situation.ts";
import type { GlobalOptions } from "./command.ts";
import { type CliContext, readInput } from "./context.ts";
import { openCliSite } from "./open-site.ts";
import { receiveAlerts } from "./receive-alert.ts";
import type { RespondCommandOptions } from "./respond.ts";

/** What a response is made from, but the alert. */
export interface PreparedResponse {
  readonly site: Site;
  readonly situation: SituationFile["situation"];
  readonly situationDigest: Digest;
  readonly proposal: Proposal | null;
}

/** Reads everything a response needs but the alert, and refuses before anything is taken up. */
export async function prepareResponse(
  context: CliContext,
  globals: GlobalOptions,
  options: RespondCommandOptions,
): Promise<Result<PreparedResponse, readonly Problem[]>> {
  const site = await openCliSite(context, globals);
  if (!site.ok) return site;
  const path = options.situation === null ? onlySituation(site.value) : ok(resolve(context.cwd, options.situation));
  if (!path.ok) return fail([path.error]);
  const bytes = await readInput(context, path.value);
  if (!bytes.ok) return fail([bytes.error]);
  const situation = readSituation(bytes.value);
  if (!situation.ok) return situation;
  const proposal = await readProposal(context, options.proposal);
  if (!proposal.ok) return proposal;
  return ok({
    site: site.value,
    situation: situation.value.situation,
    situationDigest: situationDigest(bytes.value),
    proposal: proposal.value,
  });
}

async function readProposal(
  context: CliContext,
  path: string | null,
): Promise<Result<Proposal | null, readonly Problem[]>> {
  if (path === null) return ok(null);
  const bytes = await readInput(context, resolve(context.cwd, path));
  return bytes.ok ? parseProposal(bytes.value) : fail([bytes.error]);
}

function onlySituation(site: Site): Result<string, Problem> {
  const folder = join(site.pack.folder, "situations");
  const found = site.pack.files.filter((file) => /^situations\/.*\.ya?ml$/.test(file));
  const [only, another] = found;
  if (only === undefined)
    return fail(
      problem("E_INPUT_MISSING", "", `the pack has no situation below \`${folder}\``, "name one with `--situation`"),
    );
  return another === undefined
    ? ok(join(site.pack.folder, only))
    : fail(
        problem(
          "E_USAGE",
          "",
          "the pack has more than one situation",
          `say which with \`--situation\`: ${readdirSync(folder).join(", ")}`,
        ),
      );
}

/** An alert, and what listens for the next word on it. */
export interface TakenAlert {
  readonly alert: Alert;
  readonly close: () => void;
}

/** The alert to answer: from a file, stdin or the webhook; one that resolves later calls off what has not started. */
export async function takeAlert(
  context: CliContext,
  options: RespondCommandOptions,
  callOff: AbortController,
): Promise<Result<TakenAlert, readonly Problem[]>> {
  if (options.webhook === null) {
    if (options.alert === null)
      return fail([problem("E_USAGE", "", "name an alert's file, `-` for stdin, or `--webhook PORT`")]);
    const bytes = await readInput(context, options.alert === "-" ? "-" : resolve(context.cwd, options.alert));
    const alert = bytes.ok ? parseAlert(bytes.value) : fail([bytes.error]);
    return alert.ok ? ok({ alert: alert.value, close: () => undefined }) : alert;
  }
  if (!/^\d{1,5}$/.test(options.webhook)) return fail([problem("E_USAGE", "", `${quote(options.webhook)} is no port`)]);
  const receiver = await receiveAlerts(Number(options.webhook), options.tokenFile);
  if (!receiver.ok) return fail([receiver.error]);
  context.err(`waiting for an alert at http://127.0.0.1:${receiver.value.port}/\n`);
  const alert = await receiver.value.firing;
  receiver.value.onResolved((resolved) => {
    if (resolved.key === alert.key) callOff.abort("resolved");
  });
  return ok({ alert, close: () => receiver.value.close() });
}
