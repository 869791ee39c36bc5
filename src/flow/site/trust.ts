import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { recordEvents, refuse, refuseForbidden } from "./record.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** A pack, by its digest, and a site's configuration, that plans may observe with from now on. */
export interface Trusted {
  readonly pack: string;
  readonly version: string;
  readonly digest: Digest;
  /** The digest of what `interlock.yaml` says. */
  readonly site: Digest;
  readonly files: readonly string[];
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
  return recorded.ok
    ? ok({ pack: domain.name, version: domain.version, digest, site: configDigest, files })
    : fail([recorded.error]);
}
