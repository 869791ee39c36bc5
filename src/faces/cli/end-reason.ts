import { type ScreenText, says, screen, sentence } from "../../core/value/screen.ts";

/**
 * Why a run ended, behind the word for how it did: `: every step was done`, ` on the word of olivia: “not needed”`. It
 * is a sentence of ours, in which what people said stands in quotation marks.
 */
export function endReason(reason: string): ScreenText {
  if (reason === "") return screen``;
  const [, who, said] = wordAsBefore.exec(reason) ?? [];
  if (who !== undefined && said !== undefined) return screen`: ${says(who, said)}`;
  return reason.startsWith("on the word of ") ? screen` ${sentence(reason)}` : screen`: ${sentence(reason)}`;
}

// Earlier releases recorded the word of the person who closed a run without quotation marks.
const wordAsBefore = /^([^\s“”]+) says: (.*)$/s;
