import type { Action } from "./domain.ts";

/**
 * Arguments with a `confidentiality` other than the default, as `action.argument`, sorted. The domain's digest covers
 * the word, but nothing enforces it yet. A check of the domain says so.
 */
export function findUnenforced(actions: readonly Action[]): readonly string[] {
  return actions
    .flatMap(({ name, input }) =>
      input
        .filter((argument) => argument.confidentialityMax !== "internal")
        .map((argument) => `${name}.${argument.name}`),
    )
    .sort();
}
