import { actorName } from "../../value/actor-name.ts";
import { type Problem, problem } from "../../value/codes.ts";
import { invariant } from "../../value/invariant.ts";
import { quote, quoteWords } from "../../value/text.ts";
import { mapGet } from "../collections/persistent-map.ts";
import type { PreparedStep } from "../words/prepared.ts";
import type { Freeze, SiteState } from "../words/state.ts";
import type { Draft } from "./draft.ts";

/** What keeps a write waiting without being a failure: a freeze (`untilMs: null`), a cooldown, a rate. */
interface Hold {
  readonly untilMs: number | null;
  readonly problem: Problem;
}

/** What holds a call now, or `null`. */
export function findHold(draft: Draft, { call, index, paceKey }: PreparedStep): Hold | null {
  invariant(call !== null, "only a call is held");
  const freeze = findFreeze(draft.site, [draft.run.prepared.plan.domain.name, call.target, ...call.locks]);
  if (freeze !== null) return { untilMs: null, problem: frozen(freeze, `/steps/${index}`) };
  const times = paceKey === null ? [] : (mapGet(draft.site.paces, paceKey) ?? []);
  const cooledAtMs = (times.at(-1) ?? -Infinity) + call.cooldownMs;
  const oldest = call.rate === null ? undefined : times.at(-call.rate.count);
  const untilMs = Math.max(
    cooledAtMs,
    call.rate === null || oldest === undefined ? -Infinity : oldest + call.rate.perMs,
  );
  if (untilMs <= draft.atMs) return null;
  const used = `\`${call.action}\` was used on \`${call.target ?? "the domain"}\` a short time ago`;
  return { untilMs, problem: problem("E_COOLDOWN", `/steps/${index}`, used) };
}

/** The freeze that covers one of these names (a domain, an object, a lock), or `null`. `*` covers everything. */
export function findFreeze(site: SiteState, names: readonly (string | null)[]): Freeze | null {
  return site.freezes.find((freeze) => freeze.scope === "*" || names.includes(freeze.scope)) ?? null;
}

/** The problem of a freeze: who froze what, and why. */
export function frozen({ scope, by, reason }: Freeze, pointer: string): Problem {
  const why = reason === "" ? "" : `, who says ${quoteWords(reason)}`;
  return problem("E_FROZEN", pointer, `\`${scope}\` is frozen by ${quote(actorName(by))}${why}`);
}
