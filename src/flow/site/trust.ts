import type { Principal } from "../../core/approval/approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { recordEvents, refuse, refuseForbidden } from "./record.ts";
import { withLogOr } from "./site-log.ts";
import { noRecords } from "./site-records.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** A pack, by its digest, and a site's configuration, that plans may observe with from now on. */
export interface Trusted {
  readonly pack: string;
  readonly version: string;
  readonly digest: Digest;
  /** The digest of what `interlock.yaml` says. */
  readonly site: Digest;
  readonly files: readonly string[];
  /** Who had withdrawn the trust in exactly this before, or `null`. Approvals that were given then count again. */
  readonly withdrawnBefore: TrustView["withdrawn"];
}

/** Records that a person trusts the site's pack, and what its `interlock.yaml` says, exactly as they are now. */
export async function trust(place: Workplace): Promise<Result<Trusted, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return refuse(place, "trust", site.error);
  const { configDigest } = site.value;
  const { digest, domain, files } = site.value.pack;
  const forbidden = await refuseForbidden(place, { capability: "trust", asked: "trust", resource: domain.name });
  if (forbidden !== null) return forbidden;
  const by = place.actor;
  const recorded = await recordEvents(
    place,
    [{ kind: "pack_trusted", runId: null, pack: domain.name, digest, site: configDigest, by }],
    [],
  );
  if (!recorded.ok) return fail([recorded.error]);
  // Read afterwards: a store of an older release is upgraded by the record and cannot be read before it.
  const known = await trusts(place);
  const [, before] = known.ok ? known.value.filter(({ isCurrent }) => isCurrent) : [];
  const withdrawnBefore = before?.withdrawn ?? null;
  return ok({ pack: domain.name, version: domain.version, digest, site: configDigest, files, withdrawnBefore });
}

/** A pack and a configuration that were trusted together, and whether they still are. */
export interface TrustView {
  readonly pack: string;
  readonly digest: Digest;
  /** The digest of what `interlock.yaml` said; `null` where a release trusted the pack alone. */
  readonly site: Digest | null;
  readonly by: Principal;
  readonly atMs: number;
  /** Who withdrew it, when and why; `null` while it counts. */
  readonly withdrawn: { readonly by: Principal; readonly reason: string; readonly atMs: number } | null;
  /** Whether it is the pack and the configuration as they are on disk now. */
  readonly isCurrent: boolean;
}

/** Everything that was ever trusted here, newest first. A store that does not exist yet has none. */
export async function trusts(place: Workplace): Promise<Result<readonly TrustView[], readonly Problem[]>> {
  const records = await withLogOr(place, noRecords, async (log) => ok(await log.records()));
  if (!records.ok) return records;
  const site = siteOf(place);
  const views = records.value.trusts.map(({ trusted, atMs, withdrawn }) => ({
    pack: trusted.pack,
    digest: trusted.digest,
    site: trusted.site ?? null,
    by: trusted.by,
    atMs,
    withdrawn,
    isCurrent: site.ok && trusted.digest === site.value.pack.digest && trusted.site === site.value.configDigest,
  }));
  return ok(views.toReversed());
}

/** What is no longer trusted, and why. */
export interface WithdrawTrustRequest {
  /** The digest of a pack or of an `interlock.yaml`, or its beginning: at least 8 hexadecimal digits. */
  readonly digest: string;
  readonly reason: string;
}

/** What was withdrawn: the digest in full, and how many trusts it was part of. */
export interface WithdrawnTrust {
  readonly digest: Digest;
  readonly trustCount: number;
}

/**
 * Records that what has this digest is trusted no more. Plans that were made with it cannot be approved or applied,
 * until somebody trusts the same again. A run that is under way goes on.
 */
export async function withdrawTrust(
  place: Workplace,
  { digest: wanted, reason }: WithdrawTrustRequest,
): Promise<Result<WithdrawnTrust, readonly Problem[]>> {
  const asked = { capability: "trust", asked: "trust withdraw", resource: wanted } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  const no = (message: string, hint: string) =>
    refuse(place, asked.asked, [problem("E_USAGE", "", message, hint, { do: "list_trust" })]);
  if (reason.trim() === "") return no("withdrawing a trust needs a reason", "say why, in one line");
  const known = await trusts(place);
  if (!known.ok) return known;
  const counting = known.value.filter(({ withdrawn }) => withdrawn === null);
  const hex = wanted.replace(/^sha256:/, "");
  const digests = counting.flatMap((trust) => [trust.digest, ...(trust.site === null ? [] : [trust.site])]);
  const [found, ...others] = /^[0-9a-f]{8,64}$/.test(hex)
    ? [...new Set(digests)].filter((one) => one.startsWith(`sha256:${hex}`))
    : [];
  if (found === undefined)
    return no(`nothing that is trusted here has the digest ${quote(wanted)}`, "list what is trusted");
  if (others.length > 0) return no(`more than one digest begins with ${quote(wanted)}`, "give more digits");
  const by = place.actor;
  const recorded = await recordEvents(place, [{ kind: "trust_withdrawn", runId: null, digest: found, by, reason }], []);
  if (!recorded.ok) return fail([recorded.error]);
  return ok({
    digest: found,
    trustCount: counting.filter((trust) => [trust.digest, trust.site].includes(found)).length,
  });
}
