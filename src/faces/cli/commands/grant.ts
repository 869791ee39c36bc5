import type { Command } from "commander";
import type { Envelope } from "../../../core/approval/approval.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { fail, ok, type Result } from "../../../core/value/result.ts";
import type { SignedGrant } from "../../../flow/approve/grant-envelope.ts";
import type { Identity } from "../../../identities/identity.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

interface GrantOptions {
  readonly actions: string;
  readonly targets: string;
  readonly writes: string;
  readonly cost: string;
  readonly duration: string;
  readonly irreversible?: boolean;
  readonly validFor?: string;
  readonly as?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `interlock grant` and `grants`: a person's signed, expiring permission for an envelope of effects. */
export function registerGrant(program: Command, run: RunCommand): void {
  program
    .command("grant")
    .description("sign a permission in advance: plans that fit what is left of it run without an approval of their own")
    .requiredOption("--actions <names>", "the actions permitted, their ways back too, separated by commas")
    .requiredOption("--targets <names>", "the targets permitted, `type/id` or `type/*`, separated by commas")
    .requiredOption("--writes <count>", "how many writes in all")
    .option("--cost <usd>", "how much money in all", "0")
    .option("--duration <duration>", "the longest a plan may take", "1h")
    .option("--irreversible", "irreversible steps too, on targets that are named one by one")
    .option("--valid-for <duration>", "how long the grant counts, such as `30m` (default: the site's)")
    .option("--as <identity>", "which of your keys signs (default: the only one)")
    .option("--yes", "do not ask once more before signing")
    .option("--json", "one JSON document")
    .action((options: GrantOptions) => run((context, globals) => grantCommand(context, globals, options)));
  program
    .command("grants")
    .description("list grants with what is left of each, newest first")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => grantsCommand(context, globals, { json: options.json === true })),
    );
}

async function grantCommand(context: CliContext, globals: GlobalOptions, options: GrantOptions): Promise<number> {
  const { openCliSite } = await import("../open-site.ts");
  const { refuseForbidden, refuseRecorded } = await import("../refuse-recorded.ts");
  const { chooseIdentity, unlock } = await import("../choose-identity.ts");
  const { validFor } = await import("../valid-for.ts");
  const { signGrant } = await import("../../../flow/approve/grant-envelope.ts");
  const json = options.json === true;
  const no = (problems: readonly Problem[]): Promise<number> =>
    refuseRecorded(context, globals, "grant", problems, { json });
  const forbidden = await refuseForbidden(
    context,
    globals,
    { capability: "grant", command: "grant", resource: options.targets },
    { json },
  );
  if (forbidden !== null) return forbidden;
  const site = await openCliSite(context, globals);
  if (!site.ok) return no(site.error);
  const envelope = await readEnvelope(site.value.pack.domain.name, options);
  if (!envelope.ok) return no(envelope.error);
  const validForMs = validFor(options.validFor ?? null, site.value.config.approvals);
  if (!validForMs.ok) return no([validForMs.error]);
  const identity = chooseIdentity(context, options.as ?? null);
  if (!identity.ok) return no([identity.error]);
  const sure = await review(context, envelope.value, identity.value, { yes: options.yes === true });
  if (!sure.ok) return no([sure.error]);
  const passphrase = await unlock(identity.value);
  if (!passphrase.ok) return no([passphrase.error]);
  const { logTimeMs } = await import("../log-time.ts");
  const nowMs = logTimeMs(context, globals);
  const signed = signGrant(site.value, {
    identity: identity.value,
    passphrase: passphrase.value,
    nowMs,
    validForMs: validForMs.value,
    envelope: envelope.value,
  });
  return signed.ok ? record(context, globals, signed.value, { json }) : no(signed.error);
}

/** The envelope as typed; lists are sorted, so that the same words give the same envelope. */
async function readEnvelope(domain: string, options: GrantOptions): Promise<Result<Envelope, readonly Problem[]>> {
  const { duration } = await import("../../../core/value/duration.ts");
  const { parseWith } = await import("../../../core/value/shape.ts");
  const { parseEnvelope } = await import("../../../core/approval/parse-approval.ts");
  const durationMs = parseWith(duration(), options.duration);
  if (!durationMs.ok) return fail([problem("E_USAGE", "", "`--duration` is a duration such as `30m` or `2h`")]);
  const [writes, cost] = [Number(options.writes), Number(options.cost)];
  if (options.writes.trim() === "" || !Number.isInteger(writes))
    return fail([problem("E_USAGE", "", "`--writes` is a number of writes")]);
  if (options.cost.trim() === "" || !Number.isFinite(cost))
    return fail([problem("E_USAGE", "", "`--cost` is an amount of US dollars")]);
  return parseEnvelope({
    domain,
    actions: wordsOf(options.actions),
    targets: wordsOf(options.targets),
    writeCountMax: writes,
    costUsdMax: cost,
    durationMsMax: durationMs.value,
    irreversible: options.irreversible === true,
  });
}

function wordsOf(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((word) => word.trim())
        .filter((word) => word !== ""),
    ),
  ].sort();
}

/** Shows what is about to be permitted and has the person say so. */
async function review(
  context: CliContext,
  envelope: Envelope,
  identity: Identity,
  options: { readonly yes: boolean },
): Promise<Result<undefined, Problem>> {
  if (!context.isInteractive)
    return identity.attended
      ? fail(
          problem("E_TERMINAL_MISSING", "", "a grant is reviewed and signed at a terminal, and this process has none"),
        )
      : ok(undefined);
  context.err(`${describeEnvelope(envelope)}\n`);
  if (options.yes) return ok(undefined);
  const { isCancel, confirm } = await import("@clack/prompts");
  const isSure = await confirm({
    message: `grant this as ${identity.person}, without being asked again?`,
    initialValue: false,
    output: process.stderr,
  });
  return isCancel(isSure) || !isSure ? fail(problem("E_INTERRUPTED", "", "not granted")) : ok(undefined);
}

async function record(
  context: CliContext,
  globals: GlobalOptions,
  { grant, signed, signedDigest }: SignedGrant,
  options: { readonly json: boolean },
): Promise<number> {
  const { recordEvents } = await import("../record.ts");
  const { grantId, envelope, principal, attended, expiresAtMs } = grant;
  const { writeCountMax, costUsdMax } = envelope;
  // A signed envelope is plain data; the sealing asserts it.
  const recorded = await recordEvents(
    context,
    globals,
    [
      {
        kind: "grant_recorded",
        runId: null,
        grantId,
        envelope: signedDigest,
        writeCountMax,
        costUsdMax,
        expiresAtMs,
        by: principal,
      },
    ],
    [{ digest: signedDigest, value: signed as never }],
  );
  if (!recorded.ok) return refuse(context, [recorded.error], options);
  if (options.json)
    printDocument(context, {
      format: "interlock.granted/1",
      grantId,
      person: principal.id,
      attended,
      expiresAtMs,
      envelope,
    });
  else
    context.out(
      `${grantId} granted by ${principal.id}${attended ? "" : " UNATTENDED"} until ${new Date(expiresAtMs).toISOString()}: ${describeEnvelope(envelope)}; see: interlock grants\n`,
    );
  return 0;
}

async function grantsCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  const { readSiteState } = await import("../../../log/site-snapshot.ts");
  const { openReader } = await import("../../../log/sqlite/reader.ts");
  const { identityFolder, listIdentities } = await import("../../../identities/identity.ts");
  const { listGrants } = await import("../../../flow/approve/grant-envelope.ts");
  const { readSiteRecords } = await import("../../../flow/site/site-records.ts");
  const { reportProblems } = await import("../report.ts");
  const { storeFolder } = await import("../site.ts");
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return refuse(context, [identities.error], options);
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return refuse(context, [reader.error], options);
  try {
    const { grants, problems } = listGrants({
      records: readSiteRecords(reader.value),
      log: reader.value,
      identities: identities.value,
      state: readSiteState(reader.value),
      nowMs: Date.now(),
    });
    if (options.json) printDocument(context, { format: "interlock.grants/1", grants, problems });
    else reportProblems(context, problems);
    if (!options.json && grants.length === 0) context.out("no grants\n");
    for (const grant of options.json ? [] : grants) {
      const until = `${grant.isExpired ? "expired" : "until"} ${new Date(grant.expiresAtMs).toISOString()}`;
      context.out(
        `${grant.grantId}  ${grant.person}${grant.attended ? "" : " UNATTENDED"}  ${until}  ${grant.writeCountLeft} writes and ${grant.costUsdLeft} USD left\n    ${describeEnvelope(grant.envelope)}\n`,
      );
    }
    return 0;
  } finally {
    reader.value.close();
  }
}

function describeEnvelope(envelope: Envelope): string {
  const { actions, targets, writeCountMax, costUsdMax, durationMsMax, irreversible } = envelope;
  return `${actions.join(", ")} on ${targets.join(", ")}, at most ${writeCountMax} writes, ${costUsdMax} USD, ${durationMsMax / 1_000} s a plan, ${irreversible ? "IRREVERSIBLE steps too" : "reversible steps alone"}`;
}
