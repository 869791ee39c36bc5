import { duration } from "../../value/duration.ts";
import { listOf, oneOf, type Parser, recordOf, refine, refuseAt, text } from "../../value/shape.ts";
import { object, optional, withDefault } from "../../value/shape-object.ts";

/*
 * What a situation says about answering an alert on a live system, beside its numbers: which alerts it answers, what
 * every response is to bring about, and who else can tell whether that was brought about. Deciding needs none of it.
 */

/** Alerts that a situation answers: each of these labels has one of its values. */
export interface AlertMatcher {
  readonly labels: readonly { readonly name: string; readonly values: readonly string[] }[];
}

/**
 * The second witness of a result, beside the post-condition: a condition over facts that another instrument reads, or
 * the alert itself, which its sender reports as resolved.
 */
export type Witness =
  | { readonly kind: "facts"; readonly expect: string; readonly withinMs: number }
  | { readonly kind: "alert"; readonly withinMs: number };

/** The part of a situation that answers alerts. Absent parts are empty, `""` and `null`. */
export interface ResponseTerms {
  readonly alerts: readonly AlertMatcher[];
  /** A guard over facts. Where it holds, there is nothing to do. */
  readonly objective: string;
  readonly witness: Witness | null;
}

/** The terms of a situation that says nothing about alerts. */
export const noTerms: ResponseTerms = { alerts: [], objective: "", witness: null };

const matchersMax = 32;
const valuesMax = 32;
/**
 * How long the second witness may take, unless the situation says so. Alertmanager groups for five minutes by default.
 */
const alertWithinMs = 600_000;
const factsWithinMs = 60_000;

const labelName = text({ charsMax: 200, pattern: /^[A-Za-z_][A-Za-z0-9_.]*$/, says: "the name of a label" });

function labelValues(): Parser<readonly string[]> {
  const one = text({ charsMax: 1_000 });
  const several = listOf(one, { itemsMin: 1, itemsMax: valuesMax });
  return (value, at) => {
    if (typeof value !== "string") return several(value, at);
    const read = one(value, at);
    return read === undefined ? undefined : [read];
  };
}

function alertMatcher(): Parser<AlertMatcher> {
  return refine(recordOf(labelValues(), { key: labelName, entriesMax: valuesMax }), (labels, at) => {
    const entries = Object.entries(labels).map(([name, values]) => ({ name, values }));
    return entries.length > 0
      ? { labels: entries }
      : refuseAt(at, "E_SCHEMA", "a matcher without labels would match every alert", "name a label and its value");
  });
}

function witness(): Parser<Witness> {
  const read = object({ expect: optional(text()), alert: optional(oneOf(["resolved"])), within: optional(duration()) });
  return refine(read, ({ expect, alert, within }, at) => {
    if ((expect === undefined) === (alert === undefined))
      return refuseAt(
        at,
        "E_SCHEMA",
        "a witness has either `expect` or `alert: resolved`",
        "give the one that can be read independently of the post-condition",
      );
    return expect === undefined
      ? { kind: "alert", withinMs: within ?? alertWithinMs }
      : { kind: "facts", expect, withinMs: within ?? factsWithinMs };
  });
}

/** The fields of a situation's document that hold its terms. */
export const termFields = {
  alerts: withDefault(listOf(alertMatcher(), { itemsMax: matchersMax }), []),
  objective: withDefault(text(), ""),
  witness: optional(witness()),
} as const;

/** Whether a situation answers an alert with these labels. */
export function answersAlert(
  { alerts }: ResponseTerms,
  labels: readonly { readonly name: string; readonly value: string }[],
): boolean {
  return alerts.some((matcher) =>
    matcher.labels.every(({ name, values }) =>
      labels.some((label) => label.name === name && values.includes(label.value)),
    ),
  );
}

/** The alerts that a situation answers, for people: `alertname=CheckoutLatency, service=shop or severity=page`. */
export function describeAlerts({ alerts }: ResponseTerms): string {
  return alerts
    .map(({ labels }) => labels.map(({ name, values }) => `${name}=${values.join("|")}`).join(", "))
    .join(" or ");
}
