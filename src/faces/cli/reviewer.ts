import type { Problem } from "../../core/value/codes.ts";
import { problem } from "../../core/value/codes.ts";
import { shortDigest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { ownText, screen, sentence } from "../../core/value/screen.ts";
import { quote } from "../../core/value/text.ts";
import { wordTime } from "../../core/value/units.ts";
import type { Interlock, Reviewer, ShownPlan, Signer } from "../../interlock.ts";
import { askLine, askYes } from "./ask.ts";
import type { CliContext } from "./context.ts";
import { twinText } from "./twin-text.ts";

/** How a person at this command line approves. */
export interface ReviewOptions {
  /** Which of the user's keys signs; `null` for the only one. */
  readonly as: string | null;
  /** Actions with their targets, given on the command line. */
  readonly targets: readonly string[];
  /**
   * They were given before there was a plan, for several perhaps: each plan takes those that it asks for. Else all of
   * them are this plan's, and one that it does not do is refused.
   */
  readonly areForAnyPlan: boolean;
  /** Show the whole review before the question, and not only the outline. */
  readonly full: boolean;
  /** Do not ask once more before signing. */
  readonly yes: boolean;
}

/** Has a person at the terminal approve a plan. Action and target of each irreversible step must be typed. */
export function reviewer(context: CliContext, interlock: Interlock, options: ReviewOptions): Reviewer {
  return {
    review: async (shown) => {
      const signer = await terminalSigner(context, interlock, options.as);
      if (!signer.ok) return signer;
      if (shown.rejectedTwin !== null) context.err(screen`! ${twinText(shown.rejectedTwin)}\n`);
      const typed = await askTargets(context, shown, signer.value, options);
      if (!typed.ok) return fail([typed.error]);
      if (shown.logAheadMs > leadNotedMs) {
        const lead = `${wordTime(shown.logAheadMs)} ahead of this machine's clock`;
        context.err(screen`the log's time is ${lead}: approvals and waits follow the log's time\n`);
      }
      if (shown.held !== null)
        context.err(screen`no run of this plan can start now: ${sentence(shown.held.message)}\n`);
      return ok({ signer: signer.value, typedTargets: typed.value });
    },
  };
}

/** Synchronised clocks never differ by this much. */
const leadNotedMs = 60_000;

/** One of the user's own keys. Its passphrase is typed at the controlling terminal. */
export function terminalSigner(
  context: CliContext,
  interlock: Interlock,
  as: string | null,
): Promise<Result<Signer, readonly Problem[]>> {
  return interlock.signer({
    as,
    askPassphrase: async ({ name }) => {
      const { askPassphrase } = await import("./ask-passphrase.ts");
      return askPassphrase(`passphrase of ${name}: `);
    },
    onMistyped: () => context.err(screen`the key does not open with this passphrase; once more\n`),
  });
}

async function askTargets(
  context: CliContext,
  shown: ShownPlan,
  signer: Signer,
  { targets: given, yes, full, areForAnyPlan }: ReviewOptions,
): Promise<Result<readonly string[], Problem>> {
  const targets = areForAnyPlan ? given.filter((target) => shown.targetsToType.includes(target)) : given;
  if (!context.isInteractive) {
    return signer.attended
      ? fail(
          problem("E_TERMINAL_MISSING", "", "a plan is reviewed and signed at a terminal, and this process has none"),
        )
      : ok(targets);
  }
  context.err(ownText(full ? shown.texts.review : shown.texts.outline));
  // The last thing before the question is ours: no row of it holds a text of the proposer.
  context.err(ownText(`\n${shown.texts.summary}`));
  const typed: string[] = [...targets];
  for (const target of shown.targetsToType.filter((wanted) => !targets.includes(wanted))) {
    const answer = await askLine(screen`irreversible and not proven: type ${target} to approve it`);
    if (answer === null) return fail(problem("E_INTERRUPTED", "", "not approved"));
    if (answer !== target) return fail(problem("E_APPROVAL_TARGET", "", `${quote(answer)} is not ${quote(target)}`));
    typed.push(answer);
  }
  if (yes) return ok(typed);
  const isSure = await askYes(screen`approve pl_${shortDigest(shown.planHash)} as ${signer.person}?`);
  return isSure ? ok(typed) : fail(problem("E_INTERRUPTED", "", "not approved"));
}
