// Guards and effects where they stand, over facts alone: what `self`, `arg` and `input` mean is filled in, and what
// goes over the inventory is written out.
import { type Assignment, type Declarations, dataOf, isValue, listOf, textOf } from "./declarations.ts";
import { conjunctsOf, type Guard, GuardError, type Order, readGuard, type Value } from "./guard.ts";

/** What the names of a guard mean where it stands. */
export interface Names {
  readonly domain: Declarations;
  readonly inputs: ReadonlyMap<string, unknown>;
  readonly args: ReadonlyMap<string, Value | undefined>;
  /** For an argument that names an object: its type. */
  readonly types: ReadonlyMap<string, string>;
  readonly declared?: ReadonlyMap<string, unknown>;
  /** `type.object`, or empty. */
  readonly target: string;
}

/** What assignments make of facts; `undefined` for a value that only a run will know. */
export function assign(assignments: readonly Assignment[], names: Names): ReadonlyMap<string, Value | undefined> {
  return new Map(
    assignments.map(({ fact, value }) => {
      const name = factOf(fact, names);
      if (name === undefined) throw new GuardError(`an effect sets \`${fact.join(".")}\``);
      const grounded = ground(value, names);
      return [name, grounded.kind === "value" ? grounded.value : undefined];
    }),
  );
}

/** The conjuncts of a guard over facts alone; none of an empty text. */
export function groundAll(text: string, names: Names): readonly Guard[] {
  return conjunctsOf(ground(readGuard(text), names));
}

/** The conjuncts of a guard over facts alone, as an invariant has them. */
export function groundInvariant(guard: Guard, domain: Declarations): readonly Guard[] {
  return conjunctsOf(ground(guard, { domain, inputs: new Map(), args: new Map(), types: new Map(), target: "" }));
}

/** Unrolls a guard over the inventory and gives each name its meaning: a value, or a fact as a path of one segment. */
export function ground(guard: Guard, names: Names): Guard {
  switch (guard.kind) {
    case "value":
      return guard;
    case "path":
      return groundPath(guard.path, names);
    case "not":
      return { kind: "not", part: ground(guard.part, names) };
    case "and":
    case "or":
      return { kind: guard.kind, parts: guard.parts.map((part) => ground(part, names)) };
    case "compare": {
      const order = orderOf(guard.left, names) ?? orderOf(guard.right, names);
      const sides = { left: ground(guard.left, names), right: ground(guard.right, names) };
      if (guard.operator !== "==" && guard.operator !== "!=") {
        checkThreshold(guard.left, sides.right, names);
        checkThreshold(guard.right, sides.left, names);
      }
      return { ...guard, ...sides, ...(order === undefined ? {} : { order }) };
    }
    case "in":
      return { ...guard, left: ground(guard.left, names), items: guard.items.map((item) => ground(item, names)) };
    case "all":
    case "exists": {
      const objects = names.domain.inventory.get(guard.type);
      if (objects === undefined) throw new GuardError(`there is no type \`${guard.type}\``);
      const parts = objects.map((id) => {
        const args = new Map(names.args).set(guard.variable, id);
        const types = new Map(names.types).set(guard.variable, guard.type);
        return ground(replaceRoot(guard.body, guard.variable), { ...names, args, types });
      });
      return { kind: guard.kind === "all" ? "and" : "or", parts };
    }
  }
}

/** Names the variable of a quantifier as an argument, which is an object too. */
function replaceRoot(guard: Guard, variable: string): Guard {
  switch (guard.kind) {
    case "value":
      return guard;
    case "path":
      return guard.path[0] === variable ? { kind: "path", path: ["arg", ...guard.path] } : guard;
    case "not":
      return { kind: "not", part: replaceRoot(guard.part, variable) };
    case "and":
    case "or":
      return { kind: guard.kind, parts: guard.parts.map((part) => replaceRoot(part, variable)) };
    case "compare":
      return { ...guard, left: replaceRoot(guard.left, variable), right: replaceRoot(guard.right, variable) };
    case "in":
      return {
        ...guard,
        left: replaceRoot(guard.left, variable),
        items: guard.items.map((item) => replaceRoot(item, variable)),
      };
    case "all":
    case "exists":
      return guard.variable === variable ? guard : { ...guard, body: replaceRoot(guard.body, variable) };
  }
}

function typeOf(guard: Guard, names: Names): unknown {
  if (guard.kind !== "path") return undefined;
  const [root, name = ""] = guard.path;
  const isArgument = root === "arg" && guard.path.length === 2;
  return isArgument ? names.declared?.get(name) : names.domain.facts.get(factOf(guard.path, names) ?? "");
}

/** A number in steps and an instant have an order at the values alone that the fact declares. */
function checkThreshold(fact: Guard, other: Guard, names: Names): void {
  const type = fact.kind === "path" ? names.domain.facts.get(factOf(fact.path, names) ?? "") : undefined;
  const { decimal, instant } = dataOf(type);
  if (decimal === undefined && instant === undefined && type !== "instant") return;
  const thresholds = listOf(dataOf(decimal ?? instant)["thresholds"]);
  const isOne = (value: unknown): boolean =>
    decimal === undefined ? Date.parse(String(value)) === Date.parse(String(valueOf(other))) : value === valueOf(other);
  if (!thresholds.some(isOne)) throw new GuardError(`${JSON.stringify(valueOf(other))} is no threshold of the fact`);
}

function valueOf(guard: Guard): Value | undefined {
  return guard.kind === "value" ? guard.value : undefined;
}

/** What orders the texts that a name stands for. */
function orderOf(guard: Guard, names: Names): Order | undefined {
  const type = typeOf(guard, names);
  const { releases, version, instant } = dataOf(type);
  if (type === "instant" || instant !== undefined) return "instant";
  return version === "semver" ? version : releases === undefined ? undefined : listOf(releases).map(textOf);
}

function groundPath(path: readonly string[], names: Names): Guard {
  const fact = factOf(path, names);
  if (fact !== undefined) return { kind: "path", path: [fact] };
  const [root, name = "", last] = path;
  if (root === "arg" && names.args.has(name) && (path.length === 2 || (path.length === 3 && last === "id"))) {
    const value = names.args.get(name);
    return value === undefined ? { kind: "path", path: [unknownName] } : { kind: "value", value };
  }
  const input = root === "input" && path.length === 2 ? names.inputs.get(name) : undefined;
  if (isValue(input)) return { kind: "value", value: input };
  throw new GuardError(`\`${path.join(".")}\` is not declared`);
}

// No fact has this name, so its value is never known.
const unknownName = "";

function factOf(path: readonly string[], { domain, args, types, target }: Names): string | undefined {
  const [root, name = "", fact] = path;
  const key =
    root === "self" && path.length === 2
      ? `${target}.${name}`
      : root === "arg" && path.length === 3
        ? `${types.get(name) ?? ""}.${String(args.get(name))}.${fact}`
        : path.join(".");
  return domain.facts.has(key) ? key : undefined;
}
