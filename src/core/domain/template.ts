import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../value/json-value.ts";
import { childPointer } from "../value/pointer.ts";
import type { Template } from "./domain.ts";

/** A leaf of a template that stands for something else: `{"$arg": "replicas"}`. */
export interface Binding {
  readonly kind: "$arg" | "$property" | "$target" | "$secret" | "$fence" | "$key" | "$operation";
  readonly name: JsonValue;
}

/** The keys that make an object a binding. */
export const bindingKinds: readonly Binding["kind"][] = [
  "$arg",
  "$property",
  "$target",
  "$secret",
  "$fence",
  "$key",
  "$operation",
];

/** A binding of a template, and its place. */
export interface PlacedBinding {
  readonly binding: Binding;
  readonly pointer: string;
}

/** Reads an object as a binding; `undefined` for any other object, which is plain data. */
export function bindingOf(value: JsonObject): Binding | undefined {
  const [key, ...more] = Object.keys(value);
  const kind = bindingKinds.find((candidate) => candidate === key);
  if (kind === undefined || more.length > 0) return undefined;
  // The one key has a value.
  return { kind, name: value[kind] as JsonValue };
}

/** Every binding of a template in document order, and the pointers of keys that only look like a binding. */
export function listBindings(
  template: Template,
  pointer: string,
): { readonly bindings: readonly PlacedBinding[]; readonly strays: readonly string[] } {
  const bindings: PlacedBinding[] = [];
  const strays: string[] = [];
  const walk = (value: JsonValue, at: string): void => {
    if (isJsonArray(value)) value.forEach((item, index) => walk(item, childPointer(at, index)));
    else if (isJsonObject(value)) {
      const binding = bindingOf(value);
      if (binding !== undefined) {
        bindings.push({ binding, pointer: at });
        return;
      }
      for (const key of Object.keys(value)) {
        if (key.startsWith("$")) strays.push(childPointer(at, key));
        walk(value[key] as JsonValue, childPointer(at, key));
      }
    }
  };
  walk(template, pointer);
  return { bindings, strays };
}

/**
 * Replaces each binding by what `resolve` returns for it; `undefined` leaves the binding in place for later. The value
 * that replaces a binding is data and is not searched for bindings, so an argument cannot smuggle in a `$secret`.
 */
export function resolveTemplate(template: Template, resolve: (binding: Binding) => JsonValue | undefined): Template {
  if (isJsonArray(template)) return template.map((item) => resolveTemplate(item, resolve));
  if (!isJsonObject(template)) return template;
  const binding = bindingOf(template);
  if (binding !== undefined) {
    const value = resolve(binding);
    return value === undefined ? template : value;
  }
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, resolveTemplate(value, resolve)]));
}
