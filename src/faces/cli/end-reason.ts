import { type ScreenText, says, screen, sentence } from "../../core/value/screen.ts";

/**
 * Why a run ended, behind the word for how it did: `: every step was done`, ` on the word of olivia: “not needed”`. It
 * is a sentence of ours, in which what people said stands in quotation marks.
 */
export function endReason(reason: string): ScreenText {
  if (reason === "") return screen``;
  return reason.startsWith("on the word of ") ? screen` ${sentence(reason)}` : screen`: ${reasonText(reason)}`;
}

/** Why a run ended or waits, as a sentence of its own. */
export function reasonText(reason: string): ScreenText {
  const [, who, said] = wordAsBefore.exec(reason) ?? [];
  return who === undefined || said === undefined ? sentence(reason) : says(who, said);
}

// Earlier releases recorded the word of the person who closed a run without quotation marks.
const wordAsBefore = /^([^\s“”]+) says: (.*)$/s;
