import { dirname, resolve } from "node:path";
import { ok } from "../../core/value/result.ts";
import { type NotifierConfig, openNotifier } from "../../notifiers/notifier-config.ts";
import type { NotificationFailure } from "../../notifiers/notify.ts";
import type { Notifier } from "../../ports.ts";
import { findUntrusted } from "./find-untrusted.ts";
import { withLog } from "./site-log.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** The notifiers that `interlock.yaml` declares, and those that cannot be opened. */
export interface SiteNotifiers {
  readonly notifiers: readonly Notifier[];
  readonly failures: readonly NotificationFailure[];
}

const none: SiteNotifiers = { notifiers: [], failures: [] };

/**
 * Opens the notifiers that `interlock.yaml` declares. None where nobody trusts the site as it is now, because a
 * reference to a secret may start a program and an address may lead anywhere.
 */
export async function openSiteNotifiers(place: Workplace): Promise<SiteNotifiers> {
  const site = siteOf(place);
  if (!site.ok || site.value.config.notifiers === undefined) return none;
  const { config, configPath } = site.value;
  const records = await withLog(place, async (log) => ok(await log.records()));
  if (!records.ok || findUntrusted(site.value, records.value) !== null) return none;
  const at = { folder: dirname(resolve(configPath)), resolveSecret: place.ports.resolveSecret };
  const opened = await Promise.all(
    Object.entries(config.notifiers ?? {}).map(async ([name, declared]: readonly [string, NotifierConfig]) => ({
      name,
      made: await openNotifier(name, declared, at),
    })),
  );
  return {
    notifiers: opened.flatMap(({ made }) => (made.ok ? [made.value] : [])),
    failures: opened.flatMap(({ name, made }) => (made.ok ? [] : [{ notifier: name, problem: made.error }])),
  };
}
