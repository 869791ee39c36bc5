import { type Problem, problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";

/**
 * What a response needs of an alert. `key` names what the alert is about: a second alert with it is the same incident.
 */
export interface Alert {
  readonly key: string;
  readonly status: "firing" | "resolved";
  readonly name: string;
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly summary: string;
}

/**
 * Reads an alert in Alertmanager's webhook form (version 4: `status`, `alerts[]`), or a single alert of it. A group of
 * alerts is one incident, so only its first alert is answered. The text of an alert comes from outside: it is shown,
 * and never decides anything.
 *
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function parseAlert(bytes: Uint8Array | string): Result<Alert, readonly Problem[]> {
  const parsed = parseJson(bytes);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (!isJsonObject(value)) return fail([malformed("", "an alert is a JSON object")]);
  const group = value["alerts"];
  const first: JsonValue | undefined = group !== undefined && isJsonArray(group) ? group[0] : value;
  if (first === undefined || !isJsonObject(first)) return fail([malformed("/alerts", "the group holds no alert")]);
  const status = first["status"] ?? value["status"];
  if (status !== "firing" && status !== "resolved")
    return fail([malformed("/status", "`status` is `firing` or `resolved`")]);
  const labels = textFields(first["labels"]);
  const annotations = textFields(first["annotations"]);
  const groupKey = value["groupKey"];
  const find = (fields: readonly { readonly name: string; readonly value: string }[], name: string): string =>
    fields.find((field) => field.name === name)?.value ?? "";
  return ok({
    key: typeof groupKey === "string" && groupKey !== "" ? groupKey : digest("interlock.alert-labels/1", labels),
    status,
    labels,
    name: find(labels, "alertname") || "alert",
    summary: find(annotations, "summary") || find(annotations, "description"),
  });
}

function textFields(value: JsonValue | undefined): readonly { readonly name: string; readonly value: string }[] {
  if (value === undefined || !isJsonObject(value)) return [];
  return Object.entries(value)
    .flatMap(([name, text]) => (typeof text === "string" ? [{ name, value: text }] : []))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function malformed(pointer: string, message: string): Problem {
  return problem("E_ALERT_INVALID", pointer, message);
}
