import type { ActionClass, ValueType } from "../../core/domain/domain.ts";
import { actionDigest } from "../../core/domain/domain-digest.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import { describeWholeType } from "../../core/plan/show/describe-value.ts";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import { recordsOf } from "../plan/plan.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** An action of the domain, as people see it. */
export interface ListedAction {
  readonly name: string;
  readonly summary: string;
  readonly class: ActionClass;
  /** The type of its target; `null` if the target is the domain. */
  readonly target: string | null;
  /** Whether its way back has been tried. Only then does `reversible` count. */
  readonly earned: boolean;
  readonly input: readonly { readonly name: string; readonly type: ValueType; readonly typeText: string }[];
}

/** The domain's name, and its actions. */
export interface ListedActions {
  readonly domain: string;
  readonly actions: readonly ListedAction[];
}

/** The actions of a site, and which ways back have been tried. */
export async function listActions(place: Workplace): Promise<Result<ListedActions, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return site;
  const records = await recordsOf(place);
  if (!records.ok) return records;
  const { domain } = site.value.pack;
  const index = indexDomain(domain);
  const actions = domain.actions.map((action) => ({
    name: action.name,
    summary: action.summary,
    class: action.class,
    target: action.target?.type ?? null,
    earned: action.class === "reversible" && records.value.roundTrips.includes(actionDigest(action, index)),
    input: action.input.map(({ name, type }) => ({ name, type, typeText: describeWholeType(type) })),
  }));
  return ok({ domain: domain.name, actions });
}
