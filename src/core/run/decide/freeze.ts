import type { SiteState } from "../words/state.ts";

/** The frozen scope that covers one of these names (a domain, an object, a lock), or `null`; `*` covers everything. */
export function frozenScope(site: SiteState, names: readonly (string | null)[]): string | null {
  return site.freezes.find((freeze) => freeze.scope === "*" || names.includes(freeze.scope))?.scope ?? null;
}
