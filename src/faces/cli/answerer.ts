import { problem } from "../../core/value/codes.ts";
import { fail, ok } from "../../core/value/result.ts";
import { says, screen } from "../../core/value/screen.ts";
import type { Answerer, Interlock } from "../../interlock.ts";
import type { CliContext } from "./context.ts";
import { leadsToLines } from "./question-lines.ts";
import { terminalSigner } from "./reviewer.ts";

/** Has a person at the terminal answer a question of a run: it shows what each answer leads to, then signs. */
export function answerer(
  context: CliContext,
  interlock: Interlock,
  { as, yes }: { readonly as: string | null; readonly yes: boolean },
): Answerer {
  return {
    hear: async (shown) => {
      const signer = await terminalSigner(context, interlock, as);
      if (!signer.ok) return signer;
      context.err(screen`${shown.runId} asks a question (${shown.stepId}): ${says("the proposer", shown.question)}\n`);
      for (const line of leadsToLines(shown.leadsTo)) context.err(screen`  ${line}\n`);
      if (!context.isInteractive && signer.value.attended) {
        const message = "a question is answered and signed at a terminal, and this process has none";
        return fail([problem("E_TERMINAL_MISSING", "", message)]);
      }
      if (!context.isInteractive || yes) return ok(signer.value);
      const { isCancel, confirm } = await import("@clack/prompts");
      const message = `answer with "${shown.answer}" as ${signer.value.person}?`;
      const isSure = await confirm({ message, initialValue: false, output: process.stderr });
      return isCancel(isSure) || !isSure ? fail([problem("E_INTERRUPTED", "", "not answered")]) : ok(signer.value);
    },
  };
}
