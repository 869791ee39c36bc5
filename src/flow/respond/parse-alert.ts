import { type Problem, problem } from "../../core/value/codes.ts";
import { digest } from "../../core/value/digest.ts";
import { parseAnswer } from "../../core/value/json.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { describeUnreadable, findUnreadable, readUnreadable, type Unreadable } from "../../core/value/unreadable.ts";

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

type Labels = Alert["labels"];

/**
 * Reads an alert in Alertmanager's webhook form (version 4: `status`, `alerts[]`), or a single alert of it. A group of
 * alerts is one incident. It fires as long as one of its alerts does, and its own `status` says so: alerts of it may
 * have ended while others go on. What is told of a group is its first alert that fires. The text of an alert comes from
 * outside: it is shown, and never decides anything.
 *
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function parseAlert(bytes: Uint8Array | string): Result<Alert, readonly Problem[]> {
  const parsed = parseAnswer(bytes);
  if (!parsed.ok) return fail([parsed.error]);
  const { value } = parsed;
  if (!isJsonObject(value)) return fail([malformed("", "an alert is a JSON object")]);
  const group = value["alerts"];
  const alerts = group !== undefined && isJsonArray(group) ? group : [value];
  const members = alerts.filter(isJsonObject);
  const [first] = members;
  if (first === undefined || members.length < alerts.length)
    return fail([malformed("/alerts", first === undefined ? "the group holds no alert" : "an alert is a JSON object")]);
  const unread = findUnread(value, members);
  if (unread !== null) return fail([unread]);
  const status = statusOf(value, members);
  if (status === null) return fail([malformed("/status", "`status` is `firing` or `resolved`")]);
  const told = members.find((member) => (member["status"] ?? status) === status) ?? first;
  const labels = textFields(told["labels"]);
  const annotations = textFields(told["annotations"]);
  return ok({
    key: keyOf(value, first),
    status,
    labels,
    name: find(labels, "alertname") || "alert",
    summary: find(annotations, "summary") || find(annotations, "description"),
  });
}

/**
 * A field that is read below and that was not kept as its sender wrote it, such as a key that stands twice. All the
 * other fields of an alert may be anything. A label that is no text is not read, so a number there may be any number.
 */
function findUnread(group: JsonObject, members: readonly JsonObject[]): Problem | null {
  for (const [index, at] of [group, ...members].entries()) {
    const pointer = index === 0 ? "" : `/alerts/${index - 1}`;
    for (const name of ["status", "groupKey"]) {
      const marker = findUnreadable(at, [name]);
      if (marker !== null) return malformed(`${pointer}/${name}`, `found ${describeUnreadable(marker)}`);
    }
    for (const name of ["groupLabels", "labels", "annotations"]) {
      const marker = readUnreadable(at[name]) ?? findUnreadText(at[name]);
      if (marker !== null) return malformed(`${pointer}/${name}`, `found ${describeUnreadable(marker)}`);
    }
  }
  return null;
}

function findUnreadText(fields: JsonValue | undefined): Unreadable | null {
  if (fields === undefined || !isJsonObject(fields)) return null;
  const markers = Object.values(fields).map(readUnreadable);
  return markers.find((marker) => marker?.kind === "text" || marker?.kind === "twice") ?? null;
}

/** The group's own state; without one, a group fires while one of its alerts does. `null` where nothing says so. */
function statusOf(group: JsonObject, members: readonly JsonObject[]): Alert["status"] | null {
  const own = group["status"];
  if (own !== undefined) return own === "firing" || own === "resolved" ? own : null;
  const states = members.map((member) => member["status"]);
  if (states.includes("firing")) return "firing";
  return states.every((state) => state === "resolved") ? "resolved" : null;
}

/**
 * The group's own key. Without one it is made of what the group has in common, because its first alert may be another
 * one the next time.
 */
function keyOf(group: JsonObject, first: JsonObject): string {
  const key = group["groupKey"];
  if (typeof key === "string" && key !== "") return key;
  const common = group["groupLabels"];
  return digest("interlock.alert-labels/1", textFields(common !== undefined ? common : first["labels"]));
}

function find(fields: Labels, name: string): string {
  return fields.find((field) => field.name === name)?.value ?? "";
}

function textFields(value: JsonValue | undefined): Labels {
  if (value === undefined || !isJsonObject(value)) return [];
  return Object.entries(value)
    .flatMap(([name, text]) => (typeof text === "string" ? [{ name, value: text }] : []))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function malformed(pointer: string, message: string): Problem {
  return problem("E_ALERT_INVALID", pointer, message);
}
