import type { JudgeDriver, JudgePrompt } from "./ask-judge.ts";

/** A judge that answers by a given rule, and remembers what it was asked: for tests and rehearsals. */
export function mockJudge(
  model: string,
  answer: (prompt: JudgePrompt) => string,
): JudgeDriver & { readonly asked: readonly JudgePrompt[] } {
  const asked: JudgePrompt[] = [];
  return {
    model,
    asked,
    ask: async (prompt) => {
      asked.push(prompt);
      return { kind: "said", text: answer(prompt), model, tokenCounts: null };
    },
  };
}
