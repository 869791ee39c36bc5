import { formatPath, type GuardValue } from "./formula.ts";
import type { GuardType, Scope } from "./guard-type.ts";

/** A scope with a fixed table of types by key (`formatPath`). */
export function createScope(types: ReadonlyMap<string, GuardType>): Scope {
  return { resolve: (path) => types.get(formatPath(path)), names: () => [...types.keys()].sort() };
}

/** Every value of a small type, in declared or rising order; of a text a few. */
export function listValues(type: GuardType): readonly GuardValue[] {
  switch (type.kind) {
    case "boolean":
      return [false, true];
    case "values":
    case "releases":
      return type.values;
    case "integer":
      return Array.from({ length: type.max - type.min + 1 }, (_, index) => type.min + index);
    case "string":
      return ["", "a", "b"];
    case "version":
      return ["1.9.0", "1.10.0", "2.0.0-rc.1"];
    case "decimal":
      return [type.min, type.max];
    case "instant":
      return ["2026-11-30T17:00:00Z", "2026-12-01T00:00:00.250Z"];
  }
}
