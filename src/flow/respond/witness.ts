import { setTimeout as sleep } from "node:timers/promises";
import { answersAlert, describeAlerts } from "../../core/belief/situation/response-terms.ts";
import type { Situation } from "../../core/belief/situation/situation.ts";
import { indexDomain } from "../../core/domain/domain-index.ts";
import { groundCondition } from "../../core/plan/compile/ground-guard.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { type Condition, readConditions } from "../site/live-conditions.ts";
import type { Site } from "../site/site.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";
import type { Alert } from "./parse-alert.ts";
import { alertItself, type Testimony } from "./testimony.ts";

/** How an alert came: from a file, or by webhook, which goes on listening. */
type AlertKind = "bytes" | "webhook";

/** The terms of a situation, held against a domain. */
export interface GroundTerms {
  readonly objective: Condition;
  readonly witness:
    | { readonly kind: "facts"; readonly condition: Condition; readonly withinMs: number }
    | { readonly kind: "alert"; readonly withinMs: number };
}

/**
 * The terms on which alerts are answered, or everything that is missing from them: without an objective nobody could
 * say that there is nothing to do, and without a second witness nobody could contradict a reading that lies.
 */
export function groundTerms(
  site: Site,
  { terms }: Situation,
  source: AlertKind,
): Result<GroundTerms, readonly Problem[]> {
  const missing = findMissing(terms, source);
  if (missing.length > 0) return fail(missing);
  const objective = groundOne(site, "objective", terms.objective);
  if (!objective.ok) return objective;
  const { witness } = terms;
  if (witness?.kind !== "facts")
    return ok({ objective: objective.value, witness: { kind: "alert", withinMs: witness?.withinMs ?? 0 } });
  const condition = groundOne(site, "witness", witness.expect);
  if (!condition.ok) return condition;
  return ok({
    objective: objective.value,
    witness: { kind: "facts", condition: condition.value, withinMs: witness.withinMs },
  });
}

function findMissing(terms: Situation["terms"], source: AlertKind): readonly Problem[] {
  const say = (pointer: string, message: string, hint: string): Problem =>
    problem("E_SITUATION_TERMS", pointer, message, hint);
  const found: Problem[] = [];
  if (terms.alerts.length === 0)
    found.push(say("/alerts", "the situation names no alert that it answers", "add `alerts: [{ alertname: NAME }]`"));
  if (terms.objective === "")
    found.push(
      say(
        "/objective",
        "the situation does not say what every response is to bring about",
        "add `objective`, a condition over facts such as `objective.checkout.good`",
      ),
    );
  if (terms.witness === null)
    found.push(
      say(
        "/witness",
        "the situation names no second witness of the result",
        "add `witness: { expect: CONDITION }` over facts of another instrument, or `witness: { alert: resolved }`",
      ),
    );
  else if (terms.witness.kind === "alert" && source === "bytes")
    found.push(
      say(
        "/witness",
        "the second witness is the alert itself, and nobody hears from an alert in a file again",
        "take the alert by webhook, or give the witness an `expect`",
      ),
    );
  return found;
}

function groundOne(site: Site, name: Testimony["by"], text: string): Result<Condition, readonly Problem[]> {
  const ground = groundCondition(
    text,
    indexDomain(site.pack.domain),
    name === "objective" ? "/objective" : "/witness/expect",
  );
  return ground.ok ? ok({ name, text: ground.value.text, reads: ground.value.reads }) : ground;
}

/** Why a situation does not answer an alert, or `null` if it does. */
export function findForeign({ id, terms }: Situation, alert: Alert): Problem | null {
  if (answersAlert(terms, alert.labels)) return null;
  const labels = alert.labels.map(({ name, value }) => `${name}=${value}`).join(", ") || "no label";
  const answered = `the situation ${quote(id)} answers ${quote(describeAlerts(terms))}`;
  return problem("E_ALERT_FOREIGN", "", `${answered}, and the alert ${quote(alert.name)} has ${quote(labels)}`);
}

/** Reads the objective, and the witness where it is an instrument. */
export async function readWitnesses(
  place: Workplace,
  site: Site,
  { objective, witness }: GroundTerms,
): Promise<readonly Testimony[]> {
  const conditions = witness.kind === "facts" ? [objective, witness.condition] : [objective];
  const live = await readConditions(place, site, conditions);
  return conditions.map(({ text }, index) => ({
    by: index === 0 ? "objective" : "witness",
    about: text,
    says: live[index]?.state ?? "unknown",
    why: live[index]?.why ?? "",
  }));
}

/** How a witness is waited for. */
export interface Waiting {
  /** Aborted with `resolved` once the alert is reported so, and with anything else if nobody waits any more. */
  readonly callOff: AbortSignal;
  readonly detach: AbortSignal;
  readonly monotonicMs: () => number;
}

/**
 * Asks the second witness until it says that the result holds, until its time is over, or until the alert is reported
 * as resolved. That counts whatever the witness is, because the alert does not depend on the post-condition either.
 */
export async function awaitWitness(
  place: Workplace,
  site: Site,
  { witness }: GroundTerms,
  { callOff, detach, monotonicMs }: Waiting,
): Promise<Testimony> {
  const untilMs = monotonicMs() + witness.withinMs;
  const pauseMs = Math.min(1_000, Math.max(10, witness.withinMs / 20));
  for (;;) {
    if (callOff.aborted && callOff.reason === "resolved")
      return { by: "witness", about: alertItself, says: "holds", why: "" };
    const said = await askOnce(place, site, witness);
    if (said.says === "holds" || callOff.aborted || detach.aborted || monotonicMs() >= untilMs) return said;
    await sleepUnless(pauseMs, [callOff, detach]);
  }
}

async function askOnce(place: Workplace, site: Site, witness: GroundTerms["witness"]): Promise<Testimony> {
  if (witness.kind === "alert")
    return { by: "witness", about: alertItself, says: "broken", why: "the alert still fires" };
  const [live] = await readConditions(place, site, [witness.condition]);
  return {
    by: "witness",
    about: witness.condition.text,
    says: live?.state ?? "unknown",
    why: live?.why ?? "",
  };
}

async function sleepUnless(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  // An abort ends the pause early; the caller looks at the signals itself.
  await sleep(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}

/** Asks a witness that an earlier process named in its draft: once, because nobody waits with it. */
export function askingIn(place: Workplace): (named: Testimony) => Promise<Testimony> {
  return async (named) => {
    const gone = { ...named, says: "unknown", why: "the process that listened for it is gone" } as const;
    const site = named.about === alertItself ? null : siteOf(place);
    if (site === null || !site.ok) return gone;
    const condition = groundOne(site.value, "witness", named.about);
    if (!condition.ok) return gone;
    const [live] = await readConditions(place, site.value, [condition.value]);
    return { ...named, says: live?.state ?? "unknown", why: live?.why ?? gone.why };
  };
}

/** What a process that ends now has not heard: which witnesses its successor has to ask. */
export function unheard({ objective, witness }: GroundTerms): readonly Testimony[] {
  const about = witness.kind === "facts" ? witness.condition.text : alertItself;
  return [
    { by: "objective", about: objective.text, says: "unknown", why: "" },
    { by: "witness", about, says: "unknown", why: "" },
  ];
}
