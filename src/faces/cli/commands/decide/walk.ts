import { escapeForTerminal } from "../../../../core/value/text.ts";
import type { DecideRequest, Interlock, NextMove } from "../../../../interlock.ts";
import type { CliContext } from "../../context.ts";
import { reportProblems } from "../../report.ts";

/** Asks what a step answered; `null` when the person stops. Tests pass their own. */
export type AskOutcome = (question: string, outcomes: readonly string[]) => Promise<string | null>;

/** Lets a person walk the policy: enter what each probe answered, and see what is believed then and what comes next. */
export async function walkDecision(
  context: CliContext,
  interlock: Interlock,
  request: DecideRequest,
  ask: AskOutcome = askInTerminal,
): Promise<void> {
  const observations: { readonly step: string; readonly outcome: string }[] = [];
  for (;;) {
    const decided = await interlock.decide({ ...request, observations, as: null, isExplained: false });
    if (!decided.ok) {
      reportProblems(context, decided.error);
      return;
    }
    const { next, picture, escalation } = decided.value;
    const last = observations.at(-1);
    if (last !== undefined && isReserved(last.outcome)) {
      context.err(`no usable answer: the policy hands over with ${escapeForTerminal(escalation ?? "a person")}\n`);
      return;
    }
    if (observations.length > 0) context.err(`${picture.join("\n")}\n`);
    if (next.kind !== "ask") {
      context.err(`${describeEnd(next)}\n`);
      return;
    }
    const outcome = await ask(`what did ${escapeForTerminal(next.step)} answer?`, next.outcomes);
    if (outcome === null) return;
    if (outcome === "fixed") {
      context.err("fixed: the matter is settled\n");
      return;
    }
    observations.push({ step: next.step, outcome });
  }
}

function isReserved(outcome: string): boolean {
  return outcome === "none_of_these" || outcome === "no_answer";
}

function describeEnd(next: Exclude<NextMove, { readonly kind: "ask" }>): string {
  if (next.kind === "nothing") return "nothing keeps the limit from here: a person must take over";
  return `${next.isEscalation ? "hand over with" : "do"} ${escapeForTerminal(next.response)}`;
}

async function askInTerminal(question: string, outcomes: readonly string[]): Promise<string | null> {
  const { isCancel, select } = await import("@clack/prompts");
  const stop = "(stop here)";
  const answer = await select({
    message: question,
    options: [...outcomes, stop].map((value) => ({ value, label: escapeForTerminal(value) })),
    // Questions go where diagnostics go, because data goes to stdout.
    output: process.stderr,
  });
  return isCancel(answer) || answer === stop ? null : String(answer);
}
