import type { Principal } from "../../approval/approval.ts";
import { actorName } from "../../value/actor-name.ts";
import { quoteWords } from "../../value/text.ts";

/*
 * Who asked for something, as our sentences tell it. What a person gives as a reason is theirs: it stands in quotation
 * marks, so that nobody can write a reason that reads like a finding of ours. A signal to a process is no person's
 * word, so it is told as what it is.
 */

/** Why a run is stopped without anybody's word: by a signal, or because the response that it is a part of is over. */
export type StopCause = "SIGINT" | "SIGTERM" | "called_off";

const causeWords: Readonly<Record<StopCause, string>> = {
  SIGINT: "its process was interrupted at the terminal (SIGINT)",
  SIGTERM: "its process was told to end (SIGTERM)",
  called_off: "the response was called off",
};

/** Why a run was stopped, as a sentence. */
export function sayCause(cause: StopCause): string {
  return causeWords[cause];
}

/** `asked by olivia, who says “I saw errors”`. */
export function sayAsked(by: Principal | null, reason: string | undefined): string {
  return `asked by ${whoSays(by, reason)}`;
}

/** `killed by olivia, who says “fire”`. */
export function sayKilled(by: Principal, reason: string): string {
  return `killed by ${whoSays(by, reason)}`;
}

/** `on the word of olivia: “it is not needed”`, for the end of a run that a person closed. */
export function sayClosed(by: Principal, reason: string): string {
  return `on the word of ${by.id}: ${quoteWords(reason)}`;
}

/** `olivia, who says “I saw errors”`. Logs of early releases name nobody. */
export function whoSays(by: Principal | null, reason: string | undefined): string {
  const who = by === null ? "an operator" : actorName(by);
  return reason === undefined || reason === "" ? who : `${who}, who says ${quoteWords(reason)}`;
}
