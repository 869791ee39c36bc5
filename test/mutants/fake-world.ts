// A world that answers as a pack's `observe` expects, for gates that read before they judge. It sends nothing.
import { createHash } from "node:crypto";
import { connectors } from "../../src/connectors/index.ts";
import { canonicalText } from "../../src/core/value/canonical.ts";
import type { JsonValue } from "../../src/core/value/json-value.ts";
import { type Connector, problem } from "../../src/interlock.ts";
import { type Data, dataOf, entriesOf, isValue, listOf, textOf } from "../interpreter/declarations.ts";
import type { Value } from "../interpreter/guard.ts";

/** Facts by `type.object.fact`. */
export type Facts = Readonly<Record<string, Value>>;

/**
 * The built-in connectors with a world of these facts behind them. Every write is refused: a gate makes none.
 *
 * @param factsNow - asked at each read, so that one site can meet several worlds
 */
export function fakeConnectors(domain: Data, factsNow: () => Facts): ReadonlyMap<string, Connector> {
  const objects = new Map<string, (facts: Facts) => JsonValue>();
  for (const [type, declared] of entriesOf(domain["types"])) {
    const observe = dataOf(dataOf(declared)["observe"]);
    const names = entriesOf(dataOf(declared)["facts"]).map(([name]) => name);
    for (const [id, properties] of entriesOf(dataOf(domain["inventory"])[type])) {
      const call = resolve(observe["with"] ?? {}, { type, id, properties: dataOf(properties) });
      objects.set(canonicalText(call), (facts) => answerOf(observe, { object: `${type}.${id}`, names, facts }));
    }
  }
  return new Map(
    [...connectors].map(([name, connector]) => [
      name,
      {
        ...connector,
        perform: async ({ access, with: call }) => {
          const answer = access === "read" ? objects.get(canonicalText(call)) : undefined;
          if (answer === undefined)
            return { kind: "not_sent", problem: problem("E_USAGE", "", "this world only shows its objects") };
          const output = answer(factsNow());
          return { kind: "applied", output, outputBytes: canonicalText(output).length, outcome: null };
        },
      },
    ]),
  );
}

function resolve(
  template: unknown,
  object: { readonly type: string; readonly id: string; readonly properties: Data },
): JsonValue {
  if (Array.isArray(template)) return template.map((item) => resolve(item, object));
  if (typeof template !== "object" || template === null) return isValue(template) ? template : null;
  const data = dataOf(template);
  if (typeof data["$target"] === "string") return data["$target"] === "id" ? object.id : object.type;
  if (typeof data["$property"] === "string") {
    const value = object.properties[data["$property"]];
    return isValue(value) ? value : null;
  }
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, resolve(value, object)]));
}

function answerOf(
  observe: Data,
  { object, names, facts }: { readonly object: string; readonly names: readonly string[]; readonly facts: Facts },
): JsonValue {
  const output: Record<string, JsonValue> = {};
  for (const name of names) {
    const value = facts[`${object}.${name}`];
    const given = dataOf(observe["facts"])[name];
    const pointer = typeof given === "string" ? given : textOf(dataOf(given)["pointer"]) || `/${name}`;
    if (value !== undefined) place(output, pointer, rawOf(dataOf(given), value));
  }
  for (const pointer of [...listOf(observe["fingerprint"]), observe["fence"]])
    if (typeof pointer === "string") place(output, pointer, sha256(`${pointer} of ${object}`));
  const fresh = dataOf(observe["fresh"] ?? {});
  if (typeof fresh["pointer"] === "string") place(output, fresh["pointer"], jsonOf(fresh["is"]));
  return output;
}

// A fence of files is checked to be a digest.
function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** How the target itself writes a fact's value. */
function rawOf(extraction: Data, value: Value): JsonValue {
  const { map, atLeast } = extraction;
  // A number in steps may be read from the same place, and few of those go below 0.
  if (typeof atLeast === "number") return value === true ? atLeast : atLeast > 0 ? 0 : atLeast - 1;
  if (Array.isArray(map)) return jsonOf(dataOf(map.find((entry) => dataOf(entry)["to"] === value))["from"]);
  if (map === undefined) return value;
  return entriesOf(map).find(([, to]) => to === value)?.[0] ?? value;
}

function jsonOf(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== "object" || value === null) return isValue(value) ? value : null;
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, jsonOf(item)]));
}

/** Puts a value at a JSON Pointer, unless something stands there already. */
function place(output: Record<string, JsonValue>, pointer: string, value: JsonValue): void {
  const tokens = pointer.slice(1).split("/");
  let at = output;
  for (const token of tokens.slice(0, -1)) {
    const next = at[token];
    // Only this function fills `output`, and it makes nothing but objects on the way to a value.
    const inner = typeof next === "object" && next !== null ? (next as Record<string, JsonValue>) : {};
    if (next === undefined) at[token] = inner;
    at = inner;
  }
  const last = tokens.at(-1) ?? "";
  if (at[last] === undefined) at[last] = value;
}
