import { actorName } from "../../core/value/actor-name.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { quote, quoteWords } from "../../core/value/text.ts";
import type { SiteRecords } from "../site/site-records.ts";

/** Who rejected a plan, why, and what to do about it; `null` if nobody did. */
export function rejectionOf({ rejections }: Pick<SiteRecords, "rejections">, planHash: string): Problem | null {
  const rejection = rejections.findLast((known) => known.planHash === planHash);
  if (rejection === undefined) return null;
  const { by, reason } = rejection;
  const why = reason === "" ? "" : `, who says ${quoteWords(reason)}`;
  return problem(
    "E_APPROVAL_REJECTED",
    "",
    `this plan was rejected by ${quote(actorName(by))}${why}`,
    "a rejected plan stays rejected: to ask again, give the proposal another `summary` and plan it anew",
  );
}
