import { type Problem, problem } from "../value/codes.ts";
import { assertNever } from "../value/invariant.ts";
import { fail, ok, type Result } from "../value/result.ts";
import { quote, suggestName } from "../value/text.ts";
import { formatPath, formatText, type GuardValue } from "./formula.ts";
import { describeType, type GuardType, isOfType, isSubtype, type Scope } from "./guard-type.ts";
import { readConstant, readPath } from "./parse-guard.ts";
import { parseText, type TokenReader } from "./token-reader.ts";

/** The value that an effect gives a fact. */
export type AssignmentValue =
  | { readonly kind: "constant"; readonly value: GuardValue }
  /** An input that the caller gives, such as a workflow. */
  | { readonly kind: "input"; readonly name: string }
  /** An argument of the step. */
  | { readonly kind: "argument"; readonly name: string };

/** One effect: after the action the fact has this value. */
export interface Assignment {
  readonly target: readonly string[];
  readonly value: AssignmentValue;
}

/** Reads `fact = constant`, `fact = input.name` or `fact = arg.name`. The codes are those of `parseGuard`. */
export function parseAssignment(text: string, pointer = ""): Result<Assignment, readonly Problem[]> {
  return parseText(text, pointer, (reader) => {
    const target = readPath(reader).path;
    if (!reader.takeIf("="))
      reader.refuseToken("`=`", "write `fact = constant`, `fact = input.name` or `fact = arg.name`");
    return { target, value: readValue(reader) };
  });
}

/**
 * Checks that the value always fits the fact: a constant must lie in the domain of the fact, and so must the whole
 * domain of an input or an argument. `input.name` and `arg.name` are resolved as such paths. The codes are
 * `E_GUARD_NAME` and `E_GUARD_TYPE`.
 */
export function typeAssignment(
  assignment: Assignment,
  scope: Scope,
  pointer = "",
): Result<Assignment, readonly Problem[]> {
  const { target, value } = assignment;
  const source = value.kind === "constant" ? undefined : sourcePath(value);
  const unknown = [target, ...(source === undefined ? [] : [source])].filter(
    (path) => scope.resolve(path) === undefined,
  );
  if (unknown.length > 0) return fail(unknown.map((path) => refuseName(path, scope, pointer)));
  // Both paths resolve, because the line above refused all others.
  const type = scope.resolve(target) as GuardType;
  const fits =
    value.kind === "constant"
      ? isOfType(value.value, type)
      : isSubtype(scope.resolve(sourcePath(value)) as GuardType, type);
  if (fits) return ok(assignment);
  const claim = `${quote(formatValue(value))} does not always fit ${quote(formatPath(target))}`;
  const domain = describeType(type);
  return fail([problem("E_GUARD_TYPE", pointer, `${claim}, which is ${domain}`, `give ${domain}`)]);
}

function readValue(reader: TokenReader): AssignmentValue {
  const token = reader.peek();
  const isName = token.kind === "identifier" && token.text !== "true" && token.text !== "false";
  if (!isName) return { kind: "constant", value: readConstant(reader).value };
  const { path } = readPath(reader);
  const [root, name] = path;
  if (path.length === 2 && name !== undefined) {
    if (root === "input") return { kind: "input", name };
    if (root === "arg") return { kind: "argument", name };
  }
  const hint = "an effect gives a constant, `input.name` or `arg.name`";
  return reader.refuse(
    "E_GUARD_PARSE",
    token.column,
    `expected a constant, an input or an argument, found ${quote(formatPath(path))}`,
    hint,
  );
}

function sourcePath(value: Exclude<AssignmentValue, { readonly kind: "constant" }>): readonly string[] {
  return [value.kind === "input" ? "input" : "arg", value.name];
}

function formatValue(value: AssignmentValue): string {
  switch (value.kind) {
    case "constant":
      return typeof value.value === "string" ? formatText(value.value) : String(value.value);
    case "input":
    case "argument":
      return formatPath(sourcePath(value));
    default:
      return assertNever(value);
  }
}

function refuseName(path: readonly string[], scope: Scope, pointer: string): Problem {
  return problem(
    "E_GUARD_NAME",
    pointer,
    `${quote(formatPath(path))} is not declared`,
    suggestName(formatPath(path), scope.names()),
  );
}
