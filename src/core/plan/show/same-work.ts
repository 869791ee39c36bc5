import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";
import type { Plan } from "../plan.ts";

/** What a proposer writes for people. It changes nothing of what is done. */
const prose: ReadonlySet<string> = new Set(["purpose", "question", "reason"]);

/** Where a step names another one, or itself. */
const names: ReadonlySet<string> = new Set(["id", "stepId", "after", "covers", "of"]);

/**
 * What a plan wants and does, as a text that two plans share exactly if they differ in nothing but the names of their
 * steps, in words for people, in who proposed them, and in the world that they were made on.
 *
 * Cost: O(plan).
 */
export function workOf({ goal, inputs, steps }: Pick<Plan, "goal" | "inputs" | "steps">): string {
  const places = new Map(steps.map(({ id }, index) => [id, `#${index}`]));
  const place = (id: string): string => places.get(id) ?? id;
  const read = (value: JsonValue, key: string): JsonValue => {
    if (typeof value === "string") {
      if (key === "when") return value.replace(/[A-Za-z0-9_-]+/g, place);
      return names.has(key) ? place(value) : value;
    }
    if (isJsonArray(value)) return value.map((item) => read(item, key));
    if (!isJsonObject(value)) return value;
    const kept = Object.entries(value).filter(([name]) => !prose.has(name));
    return Object.fromEntries(kept.map(([name, item]) => [name, read(item, name)]));
  };
  // A plan is stored as JSON, so it is the data that its text reads back to.
  const data = JSON.parse(JSON.stringify({ goal, inputs, steps })) as JsonValue;
  return JSON.stringify(read(data, ""));
}
