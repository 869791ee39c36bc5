import { type Place, placeBelow, refuseAt } from "../../value/shape.ts";
import { quote } from "../../value/text.ts";
import { meanByName, sumByName } from "./canonical-order.ts";
import { type AppliedDefault, type NumberSource, unknownContext } from "./situation.ts";

/** P(unknown) when nobody says. */
export const unknownPrior = 0.02;

/** The least likelihood a row may hold unless it is declared `exact`: one noisy probe must not rule a context out for ever. */
export const likelihoodFloorByDefault = 0.001;

/** What a situation is told on the way: defaults to show, sources to explain. Private to one parse. */
export interface Notes {
  readonly defaults: AppliedDefault[];
  readonly sources: NumberSource[];
}

/** How a number nobody gave for `unknown` follows from those of the named contexts. */
export interface UnknownRule {
  readonly rule: AppliedDefault["rule"];
  readonly says: string;
  readonly from: (names: readonly string[], values: readonly number[]) => number;
}

/** Rules for `unknown`, each the cautious reading of what is known. */
export const unknownRules = {
  worstUtility: {
    rule: "unknown_utility",
    says: "the worst named utility",
    from: (_: readonly string[], values: readonly number[]) => Math.min(...values),
  },
  greatestCost: {
    rule: "unknown_cost",
    says: "the greatest named cost",
    from: (_: readonly string[], values: readonly number[]) => Math.max(...values),
  },
  meanCatastrophe: { rule: "unknown_catastrophe", says: "the mean named catastrophe probability", from: meanByName },
  worstCatastrophe: {
    rule: "unknown_catastrophe",
    says: "the greatest catastrophe probability declared for it",
    from: (_: readonly string[], values: readonly number[]) => Math.max(...values),
  },
  neverFixes: { rule: "unknown_utility", says: "a try fixes nothing in `unknown`", from: () => 0 },
} as const satisfies Readonly<Record<string, UnknownRule>>;

/**
 * Fills in a row of numbers by context: a named context left out is `absent` (or refused where that is null), `unknown` left out
 * follows its rule, which is noted unless it says what `absent` says anyway.
 */
export function completeNumbers(
  contextIds: readonly string[],
  numbers: readonly (number | null)[],
  at: Place,
  rules: { readonly absent: number | null; readonly unknown: UnknownRule; readonly notes: Notes },
): readonly number[] | undefined {
  const named = contextIds.filter((id) => id !== unknownContext);
  const missing = named.filter((id) => rules.absent === null && (numbers[contextIds.indexOf(id)] ?? null) === null);
  for (const id of missing)
    refuseAt(at, "E_SCHEMA_MISSING_FIELD", `nothing is said for the context ${quote(id)}`, `add ${quote(id)} or \`*\``);
  if (missing.length > 0) return undefined;
  const namedValues = named.map((id) => numbers[contextIds.indexOf(id)] ?? rules.absent ?? 0);
  return contextIds.map((id, index) => {
    const given = numbers[index] ?? null;
    if (given !== null) return given;
    if (id !== unknownContext) return rules.absent ?? 0;
    const value = named.length === 0 ? (rules.absent ?? 0) : rules.unknown.from(named, namedValues);
    if (value !== rules.absent)
      note(rules.notes, at, rules.unknown.rule, `${rules.unknown.says}: ${Number(value.toPrecision(6))}`);
    return value;
  });
}

/** Priors in declared order: `unknown` left out takes 0.02 and the named ones, which sum to 1 among themselves, share the rest. */
export function completePriors(
  contextIds: readonly string[],
  namedRow: readonly number[],
  at: Place,
  notes: Notes,
): readonly number[] {
  note(
    notes,
    placeBelow(at, contextIds.length - 1),
    "unknown_prior",
    `P(unknown) is ${unknownPrior}; the named priors share the rest`,
  );
  return contextIds.map((id, index) =>
    id === unknownContext ? unknownPrior : (namedRow[index] ?? 0) * (1 - unknownPrior),
  );
}

/** Raises likelihoods below the floor to it and takes the difference from the others in proportion. */
export function applyFloor(
  names: readonly string[],
  row: readonly number[],
  floor: number,
  at: Place,
  notes: Notes,
): readonly number[] {
  const isLow = row.map((p) => p < floor);
  const lowCount = isLow.filter((low) => low).length;
  if (lowCount === 0) return row;
  const high = sumByName(
    names,
    row.map((p, index) => (isLow[index] === true ? 0 : p)),
  );
  note(
    notes,
    at,
    "likelihood_floor",
    `likelihoods below ${floor} are raised to it; declare the step \`exact\` to keep them`,
  );
  return row.map((p, index) => (isLow[index] === true ? floor : (p * (1 - lowCount * floor)) / high));
}

/** Remembers a default for the review. */
export function note(notes: Notes, at: Place, rule: AppliedDefault["rule"], text: string): void {
  notes.defaults.push({ pointer: at.pointer, rule, text });
}
