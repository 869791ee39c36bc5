import { join } from "node:path";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { parseProposal } from "../../core/plan/wire/parse-proposal.ts";
import type { Proposal } from "../../core/plan/wire/proposal.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { unreadProblem } from "../../intake/bounds.ts";
import { readRegular } from "../../intake/read-file.ts";
import { readSituation } from "../../packs/read-situation.ts";
import { findSituationFile, situationDigest } from "../apply/prepare-start.ts";
import { isSituation } from "../site/check.ts";
import type { Site } from "../site/site.ts";
import { readSource } from "../site/source.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import { type Alert, parseAlert } from "./parse-alert.ts";
import { receiveAlerts } from "./receive-alert.ts";
import type { AlertSource, RespondRequest } from "./request.ts";
import { type GroundTerms, groundTerms } from "./witness.ts";

/** Everything that a response is made from, apart from the alert. */
export interface PreparedResponse {
  readonly site: Site;
  readonly situation: Situation;
  readonly situationDigest: Digest;
  readonly terms: GroundTerms | null;
  readonly proposal: Proposal | null;
}

/** Reads everything that a response needs apart from the alert, so that it can refuse before it takes an alert. */
export async function prepareResponse(
  place: Workplace,
  request: RespondRequest,
): Promise<Result<PreparedResponse, readonly Problem[]>> {
  const site = siteOf(place);
  if (!site.ok) return site;
  const bytes = request.situation === null ? onlySituation(site.value) : await readSource(request.situation);
  if (!bytes.ok) return fail([bytes.error]);
  const situation = readSituation(bytes.value);
  if (!situation.ok) return situation;
  const digest = situationDigest(bytes.value);
  if (!request.observeOnly && findSituationFile(site.value, digest) === null)
    return fail([strangerProblem(situation.value.situation.id)]);
  const terms = groundTerms(site.value, situation.value.situation, request.alert.kind);
  // Who only observes may do so with any situation.
  if (!terms.ok && !request.observeOnly) return terms;
  const written = request.proposal === null ? ok(null) : await readSource(request.proposal);
  if (!written.ok) return fail([written.error]);
  const proposal = written.value === null ? ok(null) : parseProposal(written.value);
  if (!proposal.ok) return proposal;
  return ok({
    site: site.value,
    situation: situation.value.situation,
    situationDigest: digest,
    terms: terms.ok ? terms.value : null,
    proposal: proposal.value,
  });
}

/** A run holds the situation that it was decided by against the pack, which a person trusts. */
function strangerProblem(id: string): Problem {
  return problem(
    "E_SITUATION_CHANGED",
    "/situation",
    `the situation ${quote(id)} as given is not in the pack, and only a situation of the pack can be responded with`,
    "put it into the pack's folder `situations` and trust the pack again; any situation can be decided or observed",
  );
}

function onlySituation({ pack }: Site): Result<Uint8Array, Problem> {
  const files = pack.files.filter(isSituation);
  const [only, another] = files;
  if (only === undefined)
    return fail(problem("E_INPUT_MISSING", "/situation", "the pack has no situation", "name a situation's file"));
  if (another !== undefined)
    return fail(
      problem(
        "E_USAGE",
        "/situation",
        "the pack has more than one situation",
        `choose one: ${files.map((file) => file.slice("situations/".length)).join(", ")}`,
      ),
    );
  const bytes = readRegular(join(pack.folder, only), { bytesMax: limits.bodyBytesMax, links: "refused" });
  return bytes.ok ? bytes : fail(unreadProblem(only, bytes.error));
}

/** An alert, and how to hear more about it. */
export interface TakenAlert {
  readonly alert: Alert;
  /** Says that the alert is being answered. Its sender waits for that. */
  readonly accept: () => void;
  readonly close: () => Promise<void>;
}

/**
 * Takes the alert to answer, or `null` if nobody waits for it any more. If it came by webhook and is resolved later,
 * `onResolved` is called.
 */
export async function takeAlert(
  source: AlertSource,
  on: {
    readonly waiting: (port: number) => void;
    readonly resolved: () => void;
    /** Aborted: nobody waits for an alert any more. */
    readonly detach: AbortSignal;
  },
): Promise<Result<TakenAlert | null, readonly Problem[]>> {
  if (source.kind === "bytes") {
    const bytes = await readSource(source.bytes);
    const alert = bytes.ok ? parseAlert(bytes.value) : fail([bytes.error]);
    return alert.ok ? ok({ alert: alert.value, accept: () => undefined, close: () => Promise.resolve() }) : alert;
  }
  const receiver = await receiveAlerts(source.port, source.tokenFile);
  if (!receiver.ok) return fail([receiver.error]);
  on.waiting(receiver.value.port);
  const alert = await Promise.race([receiver.value.firing, detached(on.detach)]);
  if (alert === "detached") {
    await receiver.value.close();
    return ok(null);
  }
  receiver.value.onResolved(on.resolved);
  return ok({ alert, accept: () => receiver.value.accept(), close: () => receiver.value.close() });
}

/** Resolves once the signal aborts. */
export function detached(signal: AbortSignal): Promise<"detached"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("detached");
    else signal.addEventListener("abort", () => resolve("detached"), { once: true });
  });
}
