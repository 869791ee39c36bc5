// A pack's declarations as the interpreter of harm reads them: plain data, as a YAML library gives it. What is left out
// has the meaning that docs/domains.md gives it.
import { type Guard, readGuard, type Value } from "./guard.ts";

/** Plain data from YAML or JSON. */
export type Data = Readonly<Record<string, unknown>>;

/** `fact = value`, as declared. */
export interface Assignment {
  readonly fact: readonly string[];
  readonly value: Guard;
}

/** A call of a way back: an action, and where each argument comes from. */
export interface UndoCall {
  readonly action: string;
  readonly args: ReadonlyMap<string, { readonly from: "arg" | "before" | "literal"; readonly value: unknown }>;
}

/** One action. */
export interface Action {
  readonly name: string;
  readonly isRead: boolean;
  /** The argument that names its target. */
  readonly target: string | null;
  /** The type of each argument, and whether an operator has to give it. */
  readonly input: ReadonlyMap<string, { readonly type: unknown; readonly isEndorsed: boolean }>;
  readonly output: ReadonlyMap<string, unknown>;
  readonly outcomes: readonly string[];
  readonly pre: Guard;
  readonly during: readonly Assignment[];
  readonly effect: readonly Assignment[];
  readonly post: Guard;
  readonly locks: readonly string[];
  readonly onFailure: string;
  /** How it is undone, and what runs after that. */
  readonly compensate: (UndoCall & { readonly thenRun: readonly UndoCall[] }) | null;
  readonly waves: { readonly canary: number; readonly batch: number | string; readonly abortAbove: number } | null;
}

/** A domain. */
export interface Declarations {
  /** Objects by type. */
  readonly inventory: ReadonlyMap<string, readonly string[]>;
  /** The type of each fact, by `type.object.fact`. */
  readonly facts: ReadonlyMap<string, unknown>;
  /** Facts that neither a fingerprint nor a fence covers: time may change them. */
  readonly measured: ReadonlySet<string>;
  readonly invariants: readonly { readonly name: string; readonly holds: Guard }[];
  readonly actions: ReadonlyMap<string, Action>;
}

/** Reads a domain. It trusts its shape: `interlock check` has read it strictly. */
export function readDeclarations(domain: unknown): Declarations {
  const data = dataOf(domain);
  const types = entriesOf(data["types"]);
  const inventory = new Map(
    entriesOf(data["inventory"]).map(([type, objects]) => [type, Object.keys(dataOf(objects))]),
  );
  const facts = new Map<string, unknown>();
  const measured = new Set<string>();
  for (const [type, declared] of types)
    for (const [fact, of] of entriesOf(dataOf(declared)["facts"]))
      for (const id of inventory.get(type) ?? []) {
        const name = `${type}.${id}.${fact}`;
        facts.set(name, of);
        if (!isCovered(dataOf(dataOf(declared)["observe"]), fact)) measured.add(name);
      }
  return {
    inventory,
    facts,
    measured,
    invariants: entriesOf(data["invariants"]).map(([name, given]) => ({
      name,
      holds: readGuard(typeof given === "string" ? given : textOf(dataOf(given)["holds"])),
    })),
    actions: new Map(entriesOf(data["actions"]).map(([name, given]) => [name, readAction(name, dataOf(given))])),
  };
}

/** Whether an object of this type is the same object, in the same configuration, only while this fact stays. */
function isCovered(observe: Data, fact: string): boolean {
  if (typeof observe["fence"] === "string") return true;
  const given = dataOf(observe["facts"])[fact];
  const pointer = typeof given === "string" ? given : textOf(dataOf(given)["pointer"]) || `/${fact}`;
  return listOf(observe["fingerprint"]).some((known) => pointer === known || pointer.startsWith(`${textOf(known)}/`));
}

function readAction(name: string, data: Data): Action {
  const post = data["post"];
  const waves = data["waves"];
  const effect = listOf(data["effect"]).map((text) => readAssignment(textOf(text)));
  return {
    name,
    isRead: data["class"] === "read",
    target: typeof data["target"] === "string" ? data["target"] : null,
    input: new Map(entriesOf(data["input"]).map(([argument, given]) => [argument, readInput(given)])),
    output: new Map(
      entriesOf(data["output"]).map(([field, given]) => [
        field,
        "type" in dataOf(given) ? dataOf(given)["type"] : given,
      ]),
    ),
    outcomes: listOf(data["outcomes"]).map((outcome) => textOf(dataOf(outcome)["name"])),
    pre: readGuard(textOf(data["pre"])),
    during: listOf(data["during"]).map((text) => readAssignment(textOf(text))),
    effect,
    post: readGuard(typeof post === "string" ? post : textOf(dataOf(post)["expect"])),
    locks: listOf(data["locks"]).map(textOf),
    onFailure: textOf(data["onFailure"]) || "stop",
    waves: waves === undefined ? null : readWaves(dataOf(waves)),
    compensate: data["compensate"] === undefined ? null : readCompensation(dataOf(data["compensate"])),
  };
}

function readCompensation(data: Data): NonNullable<Action["compensate"]> {
  return { ...readUndoCall(data), thenRun: listOf(data["thenRun"]).map((call) => readUndoCall(dataOf(call))) };
}

function readUndoCall(data: Data): UndoCall {
  const args = entriesOf(data["args"]).map(([name, given]) => {
    const bound = dataOf(given);
    const from = "arg" in bound ? "arg" : "before" in bound ? "before" : "literal";
    return [name, { from, value: bound[from] }] as const;
  });
  return { action: textOf(data["action"]), args: new Map(args) };
}

function readInput(given: unknown): { readonly type: unknown; readonly isEndorsed: boolean } {
  const data = dataOf(given);
  return "type" in data
    ? { type: data["type"], isEndorsed: data["integrity"] === "endorsed" }
    : { type: given, isEndorsed: false };
}

function readWaves(data: Data): Action["waves"] {
  const batch = data["batch"];
  return {
    canary: Number(data["canary"] ?? 1),
    batch: typeof batch === "number" ? batch : textOf(batch),
    abortAbove: Number(data["abortAbove"] ?? 0),
  };
}

function readAssignment(text: string): Assignment {
  const at = text.indexOf("=");
  const fact = readGuard(text.slice(0, at));
  if (fact.kind !== "path") throw new Error(`\`${text}\` sets no fact`);
  return { fact: fact.path, value: readGuard(text.slice(at + 1)) };
}

/** Whether a value is one of this type, as far as the types of facts and arguments go. */
export function isOfType(type: unknown, value: unknown, inventory: Declarations["inventory"]): boolean {
  if (type === "boolean") return typeof value === "boolean";
  if (type === "instant" || "instant" in dataOf(type)) return typeof value === "string" && isInstant(value);
  if (Array.isArray(type)) return type.includes(value);
  const data = dataOf(type);
  if ("type" in data) return isOfType(data["type"], value, inventory);
  if ("values" in data) return listOf(data["values"]).includes(value);
  if ("releases" in data) return listOf(data["releases"]).includes(value);
  if ("version" in data) return typeof value === "string" && /^v?\d+\.\d+\.\d+/.test(value);
  if ("object" in data) return (inventory.get(textOf(data["object"])) ?? []).some((id) => id === value);
  if ("integer" in data || "number" in data) {
    const [min, max] = listOf(data["integer"] ?? data["number"]).map(Number);
    if (typeof value !== "number" || ("integer" in data && !Number.isInteger(value))) return false;
    return value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  }
  if ("decimal" in data) {
    const { min, max, step } = dataOf(data["decimal"]);
    if (typeof value !== "number" || value < Number(min) || value > Number(max)) return false;
    const count = value / Number(step);
    return Math.abs(count - Math.round(count)) < 1e-6;
  }
  if ("string" in data) {
    const max = Number(dataOf(data["string"])["max"] ?? Infinity);
    const charset = dataOf(data["string"])["charset"];
    if (typeof value !== "string" || value.length > max) return false;
    return charset !== "identifier" || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value);
  }
  if ("list" in data) {
    const { of, max } = dataOf(data["list"]);
    return (
      Array.isArray(value) &&
      value.length <= Number(max ?? Infinity) &&
      value.every((item) => isOfType(of, item, inventory))
    );
  }
  if ("record" in data) {
    const parts = entriesOf(data["record"]);
    const given = dataOf(value);
    return (
      Object.keys(given).length === parts.length && parts.every(([name, of]) => isOfType(of, given[name], inventory))
    );
  }
  return typeof value === "string";
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Whether a value of this type is bounded: a word of a list, a number of a range, or an object of the inventory. */
export function isBounded(type: unknown): boolean {
  return (
    type === "boolean" ||
    Array.isArray(type) ||
    type === "instant" ||
    ["values", "releases", "integer", "number", "decimal", "instant", "object"].some((key) => key in dataOf(type))
  );
}

/** A map of YAML, or an empty one. */
export function dataOf(value: unknown): Data {
  // Any object that is not a list has texts as keys, and this is a copy of its own ones.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The entries of a map of YAML. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(dataOf(value));
}

/** A list of YAML, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text of YAML, or an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Whether a guard can compare it. */
export function isValue(value: unknown): value is Value {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
