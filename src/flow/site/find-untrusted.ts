import type { Plan } from "../../core/plan/plan.ts";
import { actorName } from "../../core/value/actor-name.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import { quote } from "../../core/value/text.ts";
import type { Site } from "./site.ts";
import type { SiteRecords } from "./site-records.ts";

/**
 * Why nothing may be read from a target yet, or `null` where a person trusts the pack and `interlock.yaml` as they are
 * now, both at once. The pack says what is sent, and `interlock.yaml` says where to and with which secrets.
 *
 * @param plan - for a plan that a person approves or has approved. It pins the connections, so trust of release 0.1.0,
 *   which covers the pack alone, is enough for it as long as they are the same
 */
export function findUntrusted(
  { pack, configDigest, pins }: Site,
  { trusted, trusts }: Pick<SiteRecords, "trusted" | "trusts">,
  plan: Plan | null = null,
): Problem | null {
  const ofPack = trusted.filter(({ digest }) => digest === pack.digest);
  const name = quote(pack.domain.name);
  const [newest] = ofPack.slice(-1);
  const isNow = ofPack.some(({ site }) => site === configDigest);
  const withdrawn = isNow ? null : withdrawalOf(trusts, { pack: pack.digest, site: configDigest });
  if (withdrawn !== null) {
    const { by, reason } = withdrawn;
    const what = `the trust in the pack ${name} and interlock.yaml as they are now`;
    const message = `${actorName(by)} withdrew ${what}: ${quote(reason)}`;
    return problem("E_PACK_UNTRUSTED", "", message, "ask why; change what is wrong, then trust it", { do: "trust" });
  }
  if (newest === undefined) return problem("E_PACK_UNTRUSTED", "", `nobody has trusted the pack ${name} as it is now`);
  if (isNow) return null;
  const now = shortDigest(configDigest);
  if (newest.site === undefined && plan !== null && plan.pins.connections === pins.connections) return null;
  const changed = `interlock.yaml is not as it was trusted with the pack ${name}`;
  const message =
    newest.site === undefined
      ? `the pack ${name} was trusted by a release that did not cover interlock.yaml, which now has ${now}`
      : `${changed}: expected ${shortDigest(newest.site)}, now has ${now}`;
  return problem("E_PACK_UNTRUSTED", "", message, "review interlock.yaml, then trust it with the pack", {
    do: "trust",
  });
}

/** Who withdrew the trust in exactly this pack with exactly this configuration, the last time that somebody did. */
function withdrawalOf(
  trusts: SiteRecords["trusts"],
  now: { readonly pack: Digest; readonly site: Digest },
): SiteRecords["trusts"][number]["withdrawn"] {
  const last = trusts.findLast(({ trusted }) => trusted.digest === now.pack && trusted.site === now.site);
  return last?.withdrawn ?? null;
}
