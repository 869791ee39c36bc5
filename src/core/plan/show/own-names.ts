import { formatGuard } from "../../guard/format-guard.ts";
import { type Formula, formatPath, referTo } from "../../guard/formula.ts";
import { parseCompiledGuard } from "../../guard/parse-guard.ts";
import { assertNever } from "../../value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";

/*
 * What a step says, with its own object called `self`. Two steps that say the same of their own objects then say it in
 * the same words. Anything else that differs stays different.
 */

/** Names an object, its facts and its id as `self` wherever they stand. */
export interface OwnNames {
  /** A fact's name: `self.workers` for `host.w1.workers` on `host/w1`. */
  fact(name: string): string;
  /** An object: `self` for the own one. */
  object(ref: string): string;
  /** A step that a `when` or a reference names. */
  step(id: string): string;
  /** A guard over facts, or over the outcomes of steps. */
  guard(text: string): string;
  /** Any value: the own id becomes a mark that no text of a plan can be. */
  value(value: JsonValue): JsonValue;
}

/**
 * @param target - the step's object, `null` if it has none
 * @param nameStep - what a step is called that belongs to the same object; `null` for any other, which keeps its id
 */
export function ownNames(target: string | null, nameStep: (id: string) => string | null): OwnNames {
  const slash = target?.indexOf("/") ?? -1;
  const id = target?.slice(slash + 1) ?? null;
  const prefix = target === null || id === null ? null : formatPath([target.slice(0, slash), id]);
  const fact = (name: string): string => {
    if (prefix === null || !name.startsWith(prefix)) return name;
    const rest = name.slice(prefix.length);
    return rest.startsWith(".") || rest.startsWith("[") ? `self${rest}` : name;
  };
  const value = (given: JsonValue): JsonValue => {
    if (typeof given === "string") return given === id ? ownId : given.startsWith(escape) ? `${escape}${given}` : given;
    if (isJsonArray(given)) return given.map(value);
    if (!isJsonObject(given)) return given;
    return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, value(item)]));
  };
  const step = (name: string): string => nameStep(name) ?? name;
  const rename = (path: readonly string[], key: string): string => (path.length === 1 ? step(key) : fact(key));
  return {
    fact,
    value,
    step,
    object: (ref) => (ref === target ? "self" : ref),
    guard: (text) => {
      const parsed = text === "" ? null : parseCompiledGuard(text);
      // A review is written of every plan. A guard that does not parse stands as it is, and so is equal to no other.
      if (parsed === null || !parsed.ok) return text;
      // The compiler unrolled every macro before it printed the guard.
      return formatGuard(renamed(parsed.value as Formula, rename));
    },
  };
}

const escape = "\u0000";

/** What stands for the own id in a value. */
export const ownId = `${escape}self`;

function renamed(formula: Formula, rename: (path: readonly string[], key: string) => string): Formula {
  switch (formula.kind) {
    case "constant":
      return formula;
    case "reference":
      return { ...referTo(formula.path, formula.column), key: rename(formula.path, formula.key) };
    case "not":
      return { ...formula, operand: renamed(formula.operand, rename) };
    case "logic":
      return { ...formula, operands: formula.operands.map((operand) => renamed(operand, rename)) };
    case "comparison":
      return { ...formula, left: renamed(formula.left, rename), right: renamed(formula.right, rename) };
    case "membership":
      return { ...formula, element: renamed(formula.element, rename) };
    default:
      return assertNever(formula);
  }
}
