import { quoteForShell } from "../../core/value/quote-for-shell.ts";
import { joined, type ScreenText, screen } from "../../core/value/screen.ts";
import { nameSome } from "../../core/value/step-name.ts";
import type { AnswerBrief } from "../../interlock.ts";
import type { CliContext } from "./context.ts";
import { wordCommand } from "./word-next.ts";

/** A question of a run, and what each answer leads to. */
export interface AskedHere {
  readonly runId: string;
  readonly stepId: string;
  readonly leadsTo: readonly AnswerBrief[];
}

/** What each answer to a question leads to, and the command that answers it: the same wherever a question is shown. */
export function questionLines(context: CliContext, { runId, stepId, leadsTo }: AskedHere): readonly ScreenText[] {
  const command = wordCommand(context, "answer", quoteForShell(runId), quoteForShell(stepId), "--as");
  return [...leadsToLines(leadsTo), screen`answer: ${command} approved, or ${command} rejected`];
}

/** What each answer leads to, a line for each: first what cannot be undone, then what writes, then the rest. */
export function leadsToLines(answers: readonly AnswerBrief[]): readonly ScreenText[] {
  return answers.map(({ answer, steps }) => {
    const group = (words: string, isOf: (step: AnswerBrief["steps"][number]) => boolean): readonly ScreenText[] => {
      const names = steps.filter(isOf).map(({ name }) => name);
      return names.length === 0 ? [] : [screen`${words}${nameSome(names)}`];
    };
    const told = [
      ...group("WRITES, IRREVERSIBLY: ", ({ irreversible }) => irreversible),
      ...group("WRITES: ", ({ writes, irreversible }) => writes && !irreversible),
      ...group("", ({ writes, irreversible }) => !writes && !irreversible),
    ];
    return screen`${answer} leads to: ${told.length === 0 ? "nothing more" : joined(told, "; ")}`;
  });
}
