import { dirname, resolve } from "node:path";
import type { Problem } from "../../core/value/codes.ts";
import { ok, type Result } from "../../core/value/result.ts";
import type { EscalationConfig } from "../../notifiers/escalation-config.ts";
import { type NotifierConfig, openNotifier } from "../../notifiers/notifier-config.ts";
import type { Notifier } from "../../ports.ts";
import { findUntrusted } from "./find-untrusted.ts";
import { withLog } from "./site-log.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/**
 * The notifiers of a site, by name: those that a program passed to the door, and those of `interlock.yaml`. Where both
 * have one of a name, it is the program's.
 */
export interface SiteNotifiers {
  /** A notifier that cannot be opened is there with the reason. */
  readonly notifiers: ReadonlyMap<string, Result<Notifier, Problem>>;
  readonly escalation: EscalationConfig | null;
  /** Why those of `interlock.yaml` are left out, or `null`. */
  readonly problem: Problem | null;
}

/**
 * Opens the notifiers of a site. Those of `interlock.yaml` are left out where nobody trusts the site as it is now,
 * because a reference to a secret may start a program and an address may lead anywhere.
 */
export async function openSiteNotifiers(place: Workplace): Promise<SiteNotifiers> {
  const ours = place.ports.notifiers.map((notifier): [string, Result<Notifier, Problem>] => [
    notifier.name,
    ok(notifier),
  ]);
  const without = (problem: Problem | null): SiteNotifiers => ({
    notifiers: new Map(ours),
    escalation: null,
    problem,
  });
  const site = siteOf(place);
  if (!site.ok) return without(site.error[0] ?? null);
  const { config, configPath } = site.value;
  if (config.notifiers === undefined) return without(null);
  const untrusted = await withLog(place, async (log) => ok(findUntrusted(site.value, await log.records())));
  if (!untrusted.ok) return without(untrusted.error[0] ?? null);
  if (untrusted.value !== null) return without(untrusted.value);
  const at = { folder: dirname(resolve(configPath)), resolveSecret: place.ports.resolveSecret };
  const opened = await Promise.all(
    Object.entries(config.notifiers).map(
      async ([name, declared]: readonly [string, NotifierConfig]): Promise<[string, Result<Notifier, Problem>]> => {
        return [name, await openNotifier(name, declared, at)];
      },
    ),
  );
  return { notifiers: new Map([...opened, ...ours]), escalation: config.escalation ?? null, problem: null };
}
