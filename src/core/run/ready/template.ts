import type { Template } from "../../domain/domain.ts";
import { bindingOf, resolveTemplate } from "../../domain/template.ts";
import { invariant } from "../../value/invariant.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../value/json-value.ts";

/** The values of the bindings that a plan's template still has at run time. */
interface Bindings {
  readonly args: readonly { readonly name: string; readonly value: JsonValue }[];
  /** The version that the target compares, as last read; `null` if it cannot compare. */
  readonly fence: string | null;
  readonly key: string;
  /** The id of the operation, in a call about one. */
  readonly operation?: string;
}

/** Whether a template has bindings for the kernel to resolve (`$arg`, `$fence`, `$key`). `$secret` is the driver's. */
export function hasBinding(template: Template): boolean {
  if (isJsonArray(template)) return template.some(hasBinding);
  if (!isJsonObject(template)) return false;
  const binding = bindingOf(template);
  return binding === undefined ? Object.values(template).some(hasBinding) : binding.kind !== "$secret";
}

/** The template with every binding except `$secret` replaced by its value. */
export function bindTemplate(template: Template, bindings: Bindings): JsonValue {
  return resolveTemplate(template, (binding) => {
    switch (binding.kind) {
      case "$secret":
        return undefined;
      case "$fence":
        return bindings.fence;
      case "$key":
        return bindings.key;
      case "$operation":
        invariant(bindings.operation !== undefined, "only a call about an operation binds its id");
        return bindings.operation;
      case "$arg": {
        const argument = bindings.args.find((candidate) => candidate.name === binding.name);
        invariant(argument !== undefined, "a template binds declared arguments alone");
        return argument.value;
      }
      default:
        invariant(false, "a plan's template has nothing of compile time left");
        return undefined;
    }
  });
}
