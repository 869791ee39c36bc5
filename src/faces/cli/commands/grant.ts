import type { Command } from "commander";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { duration } from "../../../core/value/duration.ts";
import { fail, ok, type Result } from "../../../core/value/result.ts";
import { type ScreenText, screen } from "../../../core/value/screen.ts";
import { parseWith } from "../../../core/value/shape.ts";
import { describeUsd } from "../../../core/value/usd.ts";
import type { Envelope, Granted, GrantRequest, GrantView, Signer } from "../../../interlock.ts";
import { askYes } from "../ask.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse, reportProblems } from "../report.ts";
import { terminalSigner } from "../reviewer.ts";
import { showTime } from "../show-time.ts";
import { wordNext } from "../word-next.ts";

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
    .option("--cost <usd>", "how much they may cost in all", "0")
    .option("--duration <duration>", "the longest a plan may take", "1h")
    .option("--irreversible", "permit irreversible steps too, on targets that are named one by one")
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

function grantCommand(context: CliContext, globals: GlobalOptions, options: GrantOptions): Promise<number> {
  const { as = null, yes = false, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const request = readRequest(options);
    if (!request.ok) return refuse(context, [request.error], { json });
    const granted = await interlock.grant(request.value, {
      review: async (envelope) => {
        const signer = await terminalSigner(context, interlock, as);
        return signer.ok ? review(context, envelope, signer.value, { yes }) : signer;
      },
    });
    if (!granted.ok) return refuse(context, granted.error, { json });
    tellGranted(context, granted.value, { json });
    return 0;
  });
}

/** The permission that was typed. */
function readRequest(options: GrantOptions): Result<GrantRequest, Problem> {
  const usage = (message: string) => fail(problem("E_USAGE", "", message));
  const durationMs = parseWith(duration(), options.duration);
  if (!durationMs.ok) return usage("`--duration` is a duration such as `30m` or `2h`");
  const validForMs = options.validFor === undefined ? ok(null) : parseWith(duration(), options.validFor);
  if (!validForMs.ok) return usage("`--valid-for` is a duration such as `30m` or `2h`");
  const [writes, cost] = [Number(options.writes), Number(options.cost)];
  if (options.writes.trim() === "" || !Number.isInteger(writes)) return usage("`--writes` is a whole number of writes");
  if (options.cost.trim() === "" || !Number.isFinite(cost)) return usage("`--cost` is an amount of US dollars");
  return ok({
    actions: wordsOf(options.actions),
    targets: wordsOf(options.targets),
    writeCountMax: writes,
    costUsdMax: cost,
    durationMsMax: durationMs.value,
    irreversible: options.irreversible === true,
    validForMs: validForMs.value,
  });
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Shows what is about to be permitted and asks the person to confirm it. */
async function review(
  context: CliContext,
  envelope: Envelope,
  signer: Signer,
  { yes }: { readonly yes: boolean },
): Promise<Result<Signer, readonly Problem[]>> {
  if (!context.isInteractive) {
    const message = "a grant is reviewed and signed at a terminal, and this process has none";
    return signer.attended ? fail([problem("E_TERMINAL_MISSING", "", message)]) : ok(signer);
  }
  context.err(screen`${describeEnvelope(envelope)}\n`);
  if (yes) return ok(signer);
  const isSure = await askYes(screen`grant this as ${signer.person}, without being asked again?`);
  return isSure ? ok(signer) : fail([problem("E_INTERRUPTED", "", "not granted")]);
}

function tellGranted(context: CliContext, granted: Granted, { json }: { readonly json: boolean }): void {
  if (json) return printDocument(context, { format: "interlock.granted/1", ...granted });
  const { grantId, person, attended, expiresAtMs, envelope } = granted;
  const by = `${person}${attended ? "" : " UNATTENDED"} until ${showTime(expiresAtMs)}`;
  const next = wordNext(context, { do: "list_grants" });
  context.out(screen`${grantId} granted by ${by}: ${describeEnvelope(envelope)}; next: ${next}\n`);
}

function grantsCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, options, async (interlock) => {
    const found = await interlock.grants();
    if (!found.ok) return refuse(context, found.error, options);
    const { grants, problems } = found.value;
    if (options.json) printDocument(context, { format: "interlock.grants/1", grants, problems });
    else {
      reportProblems(context, problems);
      if (grants.length === 0) context.out(screen`no grants\n`);
      for (const grant of grants) context.out(describeGrant(grant));
    }
    return 0;
  });
}

function describeGrant(grant: GrantView): ScreenText {
  const { grantId, person, attended, isExpired, expiresAtMs, writeCountLeft, costUsdLeft, envelope } = grant;
  const until = `${isExpired ? "expired" : "until"} ${showTime(expiresAtMs)}`;
  const left = `${writeCountLeft} writes and ${describeUsd(costUsdLeft)} left`;
  const by = `${person}${attended ? "" : " UNATTENDED"}`;
  return screen`${grantId}  ${by}  ${until}  ${left}\n    ${describeEnvelope(envelope)}\n`;
}

const reversibleAlone = "reversible steps alone";

/** An irreversible step counts only where its target is named: a pattern of targets permits none. */
function describeEnvelope(envelope: Envelope): string {
  const { actions, targets, writeCountMax, costUsdMax, durationMsMax, irreversible } = envelope;
  const limits = `at most ${writeCountMax} writes, ${describeUsd(costUsdMax)}, ${durationMsMax / 1_000} s a plan`;
  const named = targets.filter((target) => !target.includes("*"));
  const steps = irreversible && named.length > 0 ? `IRREVERSIBLE steps too on ${named.join(", ")}` : reversibleAlone;
  return `${actions.join(", ")} on ${targets.join(", ")}, ${limits}, ${steps}`;
}
