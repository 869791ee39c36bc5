import { bindingOf } from "../core/domain/template.ts";
import type { Problem } from "../core/value/codes.ts";
import { isJsonObject, type JsonValue } from "../core/value/json-value.ts";
import { type Parser, refuseAt } from "../core/value/shape.ts";

/**
 * How a template's parser treats the leaves that an action may bind. One grammar serves twice: before any run, when a
 * leaf may still be a binding, and in the call, when every leaf is a value.
 */
export interface Slots {
  /**
   * A leaf that an argument, a property, the target, the fence or the key may fill; others see it, so no secret may.
   */
  readonly leaf: <T>(parser: Parser<T>) => Parser<T>;
  /** A leaf that a secret may fill too. */
  readonly secretLeaf: <T>(parser: Parser<T>) => Parser<T>;
}

/** For a call: every leaf is a value, and a binding left over is refused like any other wrong value. */
export const boundSlots: Slots = { leaf: (parser) => parser, secretLeaf: (parser) => parser };

/** For a declaration: a binding stands for a value that the call will check. */
const declaredSlots: Slots = {
  leaf: (parser) => (value, at) => {
    if (!isBinding(value)) return parser(value, at);
    if (!isSecret(value)) return standIn(value);
    return refuseAt(
      at,
      "E_DOMAIN_BINDING",
      "a secret here would be seen by others",
      "bind it in the connection's settings, under `auth` or `env`",
    );
  },
  secretLeaf: (parser) => (value, at) => (isBinding(value) ? standIn(value) : parser(value, at)),
};

/** A binding in place of the value to come. Nobody uses it: of a declaration only the problems are kept. */
function standIn<T>(binding: JsonValue): T {
  return binding as T;
}

/** Problems of a declared template at its place in the domain. */
export function problemsOfTemplate<T>(
  grammar: (slots: Slots) => Parser<T>,
  template: JsonValue,
  pointer: string,
): readonly Problem[] {
  const problems: Problem[] = [];
  grammar(declaredSlots)(template, { pointer, problems, format: null });
  return problems;
}

/** Problems of a site's settings at their place in its configuration. */
export function problemsOfSettings<T>(parser: Parser<T>, settings: JsonValue, pointer: string): readonly Problem[] {
  const problems: Problem[] = [];
  parser(settings, { pointer, problems, format: null });
  return problems;
}

/** Whether a value is a binding. Bindings are resolved before a connector sees the arguments. */
export function isBinding(value: JsonValue): boolean {
  return isJsonObject(value) && bindingOf(value) !== undefined;
}

function isSecret(value: JsonValue): boolean {
  return isJsonObject(value) && bindingOf(value)?.kind === "$secret";
}

/** The first problem of a call in one line: a call is refused whole. */
export function describeFirst(problems: readonly Problem[]): string {
  const [first] = problems;
  return first === undefined ? "the call does not fit" : `\`${first.pointer}\`: ${first.message}`;
}
