import type { Command } from "commander";
import { problem } from "../../../core/value/codes.ts";
import { shortDigest } from "../../../core/value/digest.ts";
import { duration } from "../../../core/value/duration.ts";
import { screen } from "../../../core/value/screen.ts";
import { parseWith } from "../../../core/value/shape.ts";
import type { Approved } from "../../../interlock.ts";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { reviewer } from "../reviewer.ts";
import { showTime } from "../show-time.ts";
import { planArgument } from "../site.ts";
import { wordNext } from "../word-next.ts";

interface ApproveOptions {
  readonly as?: string;
  readonly validFor?: string;
  readonly target: readonly string[];
  readonly yes?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

/** `interlock approve` and `reject`: a person's signed word about the hash of a plan. */
export function registerApprove(program: Command, run: RunCommand): void {
  program
    .command("approve")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`, the one you planned last", "last")
    .description("review a plan and sign its hash; the key's passphrase is typed at the terminal")
    .option("--as <identity>", "which of your keys signs (default: the only one)")
    .option("--valid-for <duration>", "how long the approval counts, such as `30m` (default: the site's)")
    .option(
      "--target <action and target>",
      "an irreversible step, such as `config.set config/app`, once each; asked for at a terminal",
      collect,
      [],
    )
    .option("--full", "show the whole review before the question: every step with everything that it reads and sends")
    .option("--yes", "do not ask once more before signing")
    .option("--json", "one JSON document")
    .action((wanted: string, options: ApproveOptions) =>
      run((context, globals) => approveCommand(context, globals, wanted, options)),
    );
  program
    .command("reject")
    .argument("[plan]", "a plan's id, the beginning of its hash, its file, or `last`, the one you planned last", "last")
    .requiredOption("--reason <text>", "why: the proposer will read it")
    .description("reject a plan: it can never be applied, even if somebody approves it")
    .option("--json", "one JSON document")
    .action((wanted: string, options: { reason: string; json?: boolean }) =>
      run((context, globals) => rejectCommand(context, globals, wanted, options)),
    );
}

function approveCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: ApproveOptions,
): Promise<number> {
  const { as = null, target, yes = false, full = false, json = false } = options;
  return withInterlock(context, globals, { json }, async (interlock) => {
    const typed = options.validFor === undefined ? null : parseWith(duration(), options.validFor);
    if (typed !== null && !typed.ok)
      return refuse(context, [problem("E_USAGE", "", "`--valid-for` is a duration such as `30m` or `2h`")], { json });
    const request = { plan: planArgument(context, wanted), typedTargets: [], validForMs: typed?.value ?? null };
    const approved = await interlock.approve(
      request,
      reviewer(context, interlock, { as, targets: target, yes, full, areForAnyPlan: false }),
    );
    if (!approved.ok) return refuse(context, approved.error, { json });
    tellApproved(context, approved.value, { json });
    return 0;
  });
}

function tellApproved(context: CliContext, approved: Approved, options: { readonly json: boolean }): void {
  if (options.json) return printDocument(context, { format: "interlock.approved/1", ...approved });
  const { planHash, person, attended, solo, expiresAtMs } = approved;
  const name = `pl_${shortDigest(planHash)}`;
  const marks = `${attended ? "" : " UNATTENDED"}${solo ? " SOLO" : ""}`;
  const until = showTime(expiresAtMs);
  const next = wordNext(context, { do: "apply", plan: planHash });
  context.out(screen`${name} approved by ${person}${marks} until ${until}; next: ${next}\n`);
}

function rejectCommand(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  { reason, json = false }: { readonly reason: string; readonly json?: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const rejected = await interlock.reject({ plan: planArgument(context, wanted), reason });
    if (!rejected.ok) return refuse(context, rejected.error, { json });
    const { planHash } = rejected.value;
    if (json) printDocument(context, { format: "interlock.rejected/1", planHash, reason });
    else context.out(screen`pl_${shortDigest(planHash)} rejected\n`);
    return 0;
  });
}
