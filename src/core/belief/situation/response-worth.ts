import type { Situation, SituationResponse } from "./situation.ts";

/** What a response is worth in one context: a catastrophe replaces the utility. */
export function responseWorth(
  { catastropheUtility }: Pick<Situation, "catastropheUtility">,
  response: SituationResponse,
  contextIndex: number,
): number {
  const risk = response.catastropheByContext[contextIndex] ?? 0;
  return (1 - risk) * (response.utilityByContext[contextIndex] ?? 0) + risk * catastropheUtility;
}

/** The response of greatest worth in one context; ties go to the response declared first. */
export function bestResponseIn(
  situation: Pick<Situation, "responses" | "catastropheUtility">,
  contextIndex: number,
): string {
  const worthOf = (response: SituationResponse): number => responseWorth(situation, response, contextIndex);
  let best = situation.responses[0];
  for (const response of situation.responses) {
    if (best !== undefined && worthOf(response) > worthOf(best)) best = response;
  }
  return best?.id ?? "";
}
