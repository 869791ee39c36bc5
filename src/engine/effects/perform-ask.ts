import { isNews, readAnswer, sayTold } from "../../core/run/ready/operation.ts";
import type { AskCommand } from "../../core/run/words/command.ts";
import type { Reply } from "../../core/run/words/input.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type EffectContext, performCall } from "./perform-send.ts";

/** Nobody hears this: what is no longer due has no answer. */
const noLongerAsked: Reply = { kind: "not_sent", problem: problem("E_CLOSED", "", "nothing asks about it any more") };

/** How an operation stands while it is asked about. */
export interface AskProgress {
  /** What the system says, as a sentence of ours with its words quoted; empty where it says nothing. */
  readonly told: string;
  /** Why the last question was not answered, or `null`. */
  readonly problem: Problem | null;
}

/** As `EffectContext`, with somebody who hears how an operation stands. */
export interface AskContext extends EffectContext {
  readonly onAsked?: (progress: AskProgress) => void;
}

/**
 * Asks about an operation until the system says something new or the time of the command is over, and returns the last
 * reply. A question that is not answered is asked again. A cancellation is one call, and its reply is the answer.
 */
export async function performAsk(command: AskCommand, context: AskContext): Promise<Reply> {
  const { clock, stop } = context;
  const { untilMs, everyMs, firstAtMs } = command;
  let pauseMs = firstAtMs - clock.nowMs();
  // A question that has no end begins again when nobody wanted its answer. The system is not asked in a hurry then.
  if (command.purpose === "ask") pauseMs = Math.max(pauseMs, Math.min(everyMs, untilMs - clock.nowMs()));
  for (;;) {
    if (pauseMs > 0) await clock.sleep(pauseMs, stop.signal);
    if (stop.isStopped) return noLongerAsked;
    const reply = await performCall(command.call, context);
    if (command.purpose === "cancel" || stop.isStopped || clock.nowMs() >= untilMs) return reply;
    const reading = reply.kind === "applied" ? readAnswer(command.rule, reply.output) : null;
    if (reading !== null && isNews(command.last, reading)) return reply;
    context.onAsked?.({
      told: reading === null ? "" : sayTold(reading.told),
      problem: reply.kind === "applied" ? null : reply.problem,
    });
    const askedMs = reply.kind === "not_sent" ? 0 : (reply.retryAfterMs ?? 0);
    pauseMs = Math.min(Math.max(everyMs, askedMs), untilMs - clock.nowMs());
  }
}
