import type { Problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { recordEvents, refuse, refuseForbidden } from "./record.ts";
import { siteOf, type Workplace } from "./workplace.ts";

/** A pack, by its digest, that plans may observe with from now on. */
export interface Trusted {
  readonly pack: string;
  readonly version: string;
  readonly digest: Digest;
  readonly files: readonly string[];
}

/** Records that a person trusts the site's pack exactly as it is now. */
export async function trust(place: Workplace): Promise<Result<Trusted, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return refuse(place, "trust", site.error);
  const { digest, domain, files } = site.value.pack;
  const forbidden = await refuseForbidden(place, { capability: "trust", asked: "trust", resource: domain.name });
  if (forbidden !== null) return forbidden;
  const by = place.actor;
  const recorded = await recordEvents(
    place,
    [{ kind: "pack_trusted", runId: null, pack: domain.name, digest, by }],
    [],
  );
  return recorded.ok ? ok({ pack: domain.name, version: domain.version, digest, files }) : fail([recorded.error]);
}
