import type { Envelope } from "../../core/approval/approval.ts";
import { parseEnvelope } from "../../core/approval/parse-approval.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import type { JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { storedDocument } from "../../core/value/stored-document.ts";
import { listIdentities } from "../../identities/identity.ts";
import type { Signer } from "../../ports.ts";
import { readLead } from "../site/log-time.ts";
import { recordEvents, refuse, refuseForbidden } from "../site/record.ts";
import { withLog, withLogOr } from "../site/site-log.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { type GrantView, listGrants, signGrant } from "./grant-envelope.ts";
import { namedStore } from "./named-store.ts";
import { validFor } from "./valid-for.ts";

/** What a person permits in advance, for plans that fit into it. */
export interface GrantRequest {
  /** Names of actions. Their ways back are permitted too. */
  readonly actions: readonly string[];
  /** Targets: `type/id`, or `type/*`. */
  readonly targets: readonly string[];
  /** How many writes in all. */
  readonly writeCountMax: number;
  /** How much they may cost in all, in US dollars. */
  readonly costUsdMax: number;
  /** The longest that one plan may take, in milliseconds. */
  readonly durationMsMax: number;
  /** Permits irreversible steps too, on targets that are named one by one. */
  readonly irreversible: boolean;
  /** How long the grant counts, in milliseconds; `null` for the site's default. */
  readonly validForMs: number | null;
}

/** How a face asks a person: it shows what is about to be permitted, and finds the key to sign with. */
export interface GrantReviewer {
  /** Called once, and only if the actor may grant. A problem means that the person did not. */
  review(envelope: Envelope): Promise<Result<Signer, readonly Problem[]>>;
}

/** A grant that has been recorded. */
export interface Granted {
  readonly grantId: string;
  readonly person: string;
  readonly attended: boolean;
  readonly expiresAtMs: number;
  readonly envelope: Envelope;
}

/**
 * Has a person sign a permission in advance, and records it. Plans that fit what is left of it need no approval of
 * their own.
 */
export async function grant(
  place: Workplace,
  request: GrantRequest,
  by: Signer | GrantReviewer,
): Promise<Result<Granted, readonly Problem[]>> {
  const no = (problems: readonly Problem[]) => refuse(place, "grant", problems);
  const asked = { capability: "grant", asked: "grant", resource: request.targets.join(",") } as const;
  const forbidden = await refuseForbidden(place, asked);
  if (forbidden !== null) return forbidden;
  if (!Number.isInteger(request.writeCountMax))
    return no([problem("E_USAGE", "/writeCountMax", "writes are counted in whole numbers")]);
  const site = siteOf(place);
  if (!site.ok) return no(site.error);
  const envelope = envelopeOf(site.value.pack.domain.name, request);
  if (!envelope.ok) return no(envelope.error);
  const validMs = validFor(request.validForMs, site.value);
  if (!validMs.ok) return no([validMs.error]);
  const signer = "review" in by ? await by.review(structuredClone(envelope.value)) : ok(by);
  if (!signer.ok) return no(signer.error);
  const store = await namedStore(place);
  if (!store.ok) return no(store.error);
  const nowMs = await logTimeMs(place);
  const signed = await signGrant(site.value, {
    signer: signer.value,
    identityFolder: place.identityFolder,
    clock: place.ports.clock,
    nowMs,
    validForMs: validMs.value,
    envelope: envelope.value,
    store: store.value,
  });
  if (!signed.ok) return no(signed.error);
  const { grantId, principal, attended, expiresAtMs, envelope: granted } = signed.value.grant;
  const { writeCountMax, costUsdMax } = granted;
  const document = storedDocument("interlock.envelope/1", signed.value.signed);
  const recorded = await recordEvents(
    place,
    [
      {
        kind: "grant_recorded",
        runId: null,
        grantId,
        envelope: document.digest,
        writeCountMax,
        costUsdMax,
        expiresAtMs,
        by: principal,
      },
    ],
    [document],
  );
  if (!recorded.ok) return fail([recorded.error]);
  return ok({ grantId, person: principal.id, attended, expiresAtMs, envelope: granted });
}

/** Lists are sorted and without duplicates, so that the same request gives the same envelope. */
function envelopeOf(domain: string, request: GrantRequest): Result<Envelope, readonly Problem[]> {
  const { writeCountMax, costUsdMax, durationMsMax, irreversible } = request;
  return parseEnvelope({
    domain,
    actions: sortedSet(request.actions),
    targets: sortedSet(request.targets),
    writeCountMax,
    costUsdMax,
    durationMsMax,
    irreversible,
  });
}

function sortedSet(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}

/** The kernel will judge a signature by this time: this machine's, or the log's if that is ahead. */
async function logTimeMs(place: Workplace): Promise<number> {
  const lead = await withLogOr(place, { leadMs: 0, acceptedMs: 0 }, async (log) => ok(await readLead(place, log)));
  // Recording the grant reports a damaged log.
  return place.ports.clock.nowMs() + (lead.ok ? lead.value.leadMs : 0);
}

/** Grants with what is left of each, newest first. `problems`: grants that do not count, and why. */
export interface Grants {
  readonly grants: readonly GrantView[];
  readonly problems: readonly Problem[];
}

/** Lists grants. */
export async function grants(place: Workplace): Promise<Result<Grants, readonly Problem[]>> {
  const identities = listIdentities(place.identityFolder);
  if (!identities.ok) return fail([identities.error]);
  return withLog(place, async (log) => {
    const records = await log.records();
    const state = await log.siteState();
    const envelopes = new Map<Digest, JsonValue | null>();
    for (const { envelope } of records.grants) envelopes.set(envelope, await log.document(envelope));
    return ok(
      listGrants({
        records,
        log: { document: (wanted) => envelopes.get(wanted) ?? null },
        identities: identities.value,
        state,
        nowMs: place.ports.clock.nowMs() + state.clockLeadMs,
      }),
    );
  });
}
