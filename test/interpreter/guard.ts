// The guards of a domain, read and evaluated for the interpreter of harm. It imports nothing of the product: it judges
// what the product's own guards let through.

/** What a fact, an argument or an input may be. A list or a record is never compared. */
export type Value = boolean | number | string;

/** What orders texts. */
export type Order = readonly string[] | "semver" | "instant";

/** A guard as a tree. */
export type Guard =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "path"; readonly path: readonly string[] }
  | { readonly kind: "not"; readonly part: Guard }
  | { readonly kind: "and" | "or"; readonly parts: readonly Guard[] }
  | {
      readonly kind: "compare";
      readonly operator: string;
      readonly left: Guard;
      readonly right: Guard;
      /** What orders the texts on both sides: a list from the oldest to the newest, a scheme of versions, or time. */
      readonly order?: Order;
    }
  | { readonly kind: "in"; readonly left: Guard; readonly items: readonly Guard[] }
  | { readonly kind: "all" | "exists"; readonly type: string; readonly variable: string; readonly body: Guard };

/** A text that is no guard. */
export class GuardError extends Error {}

const tokenKinds = [
  "(&&|\\|\\||==|!=|<=|>=|[<>!()[\\],.-])",
  "(\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)",
  `('(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*")`,
  "([A-Za-z_][A-Za-z0-9_]*)",
];
const tokenPattern = new RegExp(`\\s*(?:${tokenKinds.join("|")})`, "y");

type Token =
  | { readonly kind: "sign" | "name"; readonly text: string }
  | { readonly kind: "value"; readonly text: string; readonly value: Value };

/** Reads a guard; an empty text is always true. Throws `GuardError`. */
export function readGuard(text: string): Guard {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return { kind: "value", value: true };
  const reader = new Reader(tokens);
  const guard = reader.or();
  if (!reader.isDone()) throw new GuardError(`something stands behind the guard in \`${text}\``);
  return guard;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < trimmed.length) {
    const found = tokenPattern.exec(trimmed);
    if (found === null) throw new GuardError(`\`${text}\` cannot be read`);
    const [, sign, number, quoted, name] = found;
    if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (number !== undefined) tokens.push({ kind: "value", text: number, value: Number(number) });
    else if (quoted !== undefined) tokens.push({ kind: "value", text: quoted, value: unquote(quoted) });
    else if (name === "true" || name === "false") tokens.push({ kind: "value", text: name, value: name === "true" });
    else tokens.push({ kind: "name", text: name ?? "" });
  }
  return tokens;
}

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(.)/g, "$1");
}

const comparisons = ["==", "!=", "<", "<=", ">", ">="];

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  isDone(): boolean {
    return this.#at >= this.#tokens.length;
  }

  or(): Guard {
    return this.#chain("||", "or", () => this.#chain("&&", "and", () => this.#comparison()));
  }

  #chain(sign: string, kind: "and" | "or", next: () => Guard): Guard {
    const parts = [next()];
    while (this.#take(sign)) parts.push(next());
    const [only] = parts;
    return only !== undefined && parts.length === 1 ? only : { kind, parts };
  }

  #comparison(): Guard {
    let left = this.#unary();
    for (;;) {
      const operator = comparisons.find((sign) => this.#take(sign));
      if (operator !== undefined) left = { kind: "compare", operator, left, right: this.#unary() };
      else if (this.#take("in")) left = { kind: "in", left, items: this.#list() };
      else return left;
    }
  }

  #unary(): Guard {
    if (this.#take("!")) return { kind: "not", part: this.#unary() };
    if (this.#take("(")) {
      const inner = this.or();
      this.#expect(")");
      return inner;
    }
    const isNegative = this.#take("-");
    const token = this.#next();
    if (token.kind === "value") {
      if (isNegative && typeof token.value !== "number") throw new GuardError(`\`-\` before ${token.text}`);
      return { kind: "value", value: isNegative ? -Number(token.value) : token.value };
    }
    if (token.kind !== "name" || isNegative) throw new GuardError(`unexpected \`${token.text}\``);
    return this.#path(token.text);
  }

  #path(first: string): Guard {
    const path = [first];
    for (;;) {
      if (this.#take(".")) path.push(this.#next().text);
      else if (this.#take("[")) {
        const segment = this.#next();
        if (segment.kind !== "value") throw new GuardError("a name in brackets is quoted");
        path.push(String(segment.value));
        this.#expect("]");
      } else break;
    }
    const [root, type = "", quantifier] = path;
    // Only the type of a constant is said: what it is compared with says the same.
    if (path.length === 1 && (root === "semver" || root === "instant") && this.#take("(")) {
      const constant = this.#next();
      this.#expect(")");
      if (constant.kind !== "value" || typeof constant.value !== "string")
        throw new GuardError(`\`${root}\` of no text`);
      return { kind: "value", value: constant.value };
    }
    if (root !== "inventory" || path.length !== 3 || (quantifier !== "all" && quantifier !== "exists"))
      return { kind: "path", path };
    this.#expect("(");
    const variable = this.#next().text;
    this.#expect(",");
    const body = this.or();
    this.#expect(")");
    return { kind: quantifier, type, variable, body };
  }

  #list(): readonly Guard[] {
    this.#expect("[");
    const items: Guard[] = [];
    while (!this.#take("]")) {
      if (items.length > 0) this.#expect(",");
      items.push(this.#unary());
    }
    return items;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind === "value" || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new GuardError(`\`${text}\` is missing`);
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new GuardError("the guard ends too early");
    this.#at += 1;
    return token;
  }
}

/** What a name of a guard means: its value, `undefined` if it is not known. */
export type Lookup = (path: readonly string[]) => Value | undefined;

/** The value of a guard: Kleene's three-valued logic, `undefined` where what is known does not settle it. */
export function evaluate(guard: Guard, lookup: Lookup): Value | undefined {
  switch (guard.kind) {
    case "value":
      return guard.value;
    case "path":
      return lookup(guard.path);
    case "not": {
      const value = evaluate(guard.part, lookup);
      return value === undefined ? undefined : value !== true;
    }
    case "and":
    case "or":
      return join(
        guard.parts.map((part) => evaluate(part, lookup)),
        guard.kind === "or",
      );
    case "compare": {
      const [left, right] = [evaluate(guard.left, lookup), evaluate(guard.right, lookup)];
      return left === undefined || right === undefined ? undefined : compare(guard, left, right);
    }
    case "in": {
      const left = evaluate(guard.left, lookup);
      if (left === undefined) return undefined;
      return join(
        guard.items.map((item) => {
          const value = evaluate(item, lookup);
          return value === undefined ? undefined : value === left;
        }),
        true,
      );
    }
    case "all":
    case "exists":
      throw new GuardError("a guard is unrolled over the inventory before it is evaluated");
  }
}

/** Every path that a guard names. */
export function pathsIn(guard: Guard): readonly (readonly string[])[] {
  switch (guard.kind) {
    case "value":
      return [];
    case "path":
      return [guard.path];
    case "not":
      return pathsIn(guard.part);
    case "and":
    case "or":
      return guard.parts.flatMap(pathsIn);
    case "compare":
      return [...pathsIn(guard.left), ...pathsIn(guard.right)];
    case "in":
      return [...pathsIn(guard.left), ...guard.items.flatMap(pathsIn)];
    case "all":
    case "exists":
      return pathsIn(guard.body);
  }
}

/** The parts of `&&`, each of which has to hold by itself. */
export function conjunctsOf(guard: Guard): readonly Guard[] {
  if (guard.kind === "and") return guard.parts.flatMap(conjunctsOf);
  return guard.kind === "value" && guard.value === true ? [] : [guard];
}

/** Compares two values of one type; `undefined` for a text that has no place in the order. */
function compare(
  { operator, order }: Extract<Guard, { readonly kind: "compare" }>,
  left: Value,
  right: Value,
): boolean | undefined {
  // One instant has many texts: with another offset, or with zeros behind the second.
  const isSame = order === "instant" ? msOf(left) === msOf(right) : left === right;
  if (operator === "==") return isSame;
  if (operator === "!=") return !isSame;
  const difference = typeof left === "number" && typeof right === "number" ? left - right : between(left, right, order);
  if (difference === undefined) return undefined;
  if (operator === "<") return difference < 0;
  if (operator === "<=") return difference <= 0;
  return operator === ">" ? difference > 0 : difference >= 0;
}

function msOf(instant: Value): number {
  return Math.floor(Date.parse(String(instant)));
}

function between(left: Value, right: Value, order: Order | undefined): number | undefined {
  if (order === undefined || typeof left !== "string" || typeof right !== "string")
    throw new GuardError(`${JSON.stringify(left)} and ${JSON.stringify(right)} have no order`);
  if (order === "semver") return compareSemver(left, right);
  if (order === "instant") return msOf(left) - msOf(right);
  const [one, other] = [order.indexOf(left), order.indexOf(right)];
  return one < 0 || other < 0 ? undefined : one - other;
}

/** Semantic Versioning 2.0.0, section 11. */
function compareSemver(left: string, right: string): number | undefined {
  const pattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;
  const [one, other] = [pattern.exec(left), pattern.exec(right)];
  if (one === null || other === null) return undefined;
  for (const place of [1, 2, 3]) {
    const difference = Number(one[place]) - Number(other[place]);
    if (difference !== 0) return difference;
  }
  const [pre, otherPre] = [one[4]?.split("."), other[4]?.split(".")];
  if (pre === undefined || otherPre === undefined) return Number(pre === undefined) - Number(otherPre === undefined);
  for (const [index, part] of pre.entries()) {
    const against = otherPre[index];
    if (against === undefined) return 1;
    if (part === against) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(part), /^\d+$/.test(against)];
    if (isNumber && isOtherNumber) return Number(part) - Number(against);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return part < against ? -1 : 1;
  }
  return pre.length - otherPre.length;
}

/** A chain of `||` (`decisive` is true) or `&&`: one part that is `decisive` settles it. */
function join(values: readonly (Value | undefined)[], decisive: boolean): boolean | undefined {
  if (values.includes(decisive)) return decisive;
  return values.includes(undefined) ? undefined : !decisive;
}
