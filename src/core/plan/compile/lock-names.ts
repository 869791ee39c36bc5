import type { ValueType } from "../../domain/domain.ts";
import type { JsonValue } from "../../value/json-value.ts";
import type { ObjectRef } from "../plan.ts";

/** The locks that an action declares, with `self` and the objects that arguments name in their place. */
export function lockNames(
  declared: readonly string[],
  from: {
    readonly target: ObjectRef | null;
    /** The arguments whose values are known in the plan. */
    readonly args: readonly { readonly name: string; readonly type: ValueType; readonly value: JsonValue }[];
  },
): readonly string[] {
  const objectArgs = new Map<string, string>(
    from.args.flatMap(({ name, type, value }) =>
      type.kind === "object" ? [[`arg.${name}`, `${type.of}/${String(value)}`] as const] : [],
    ),
  );
  return declared.map((lock) => (lock === "self" ? (from.target ?? lock) : (objectArgs.get(lock) ?? lock)));
}
