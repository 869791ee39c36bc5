import { ownText, screen } from "../../../../core/value/screen.ts";
import type { DecideRequest, Interlock, NextMove } from "../../../../interlock.ts";
import { askChoice } from "../../ask.ts";
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
      context.err(screen`no usable answer: the policy hands over with ${escalation ?? "a person"}\n`);
      return;
    }
    if (observations.length > 0) context.err(ownText(`${picture.join("\n")}\n`));
    if (next.kind !== "ask") {
      context.err(screen`${describeEnd(next)}\n`);
      return;
    }
    const outcome = await ask(`what did ${next.step} answer?`, next.outcomes);
    if (outcome === null) return;
    if (outcome === "fixed") {
      context.err(screen`fixed: the matter is settled\n`);
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
  return `${next.isEscalation ? "hand over with" : "do"} ${next.response}`;
}

async function askInTerminal(question: string, outcomes: readonly string[]): Promise<string | null> {
  const stop = "(stop here)";
  const answer = await askChoice(screen`${question}`, [...outcomes, stop]);
  return answer === stop ? null : answer;
}
