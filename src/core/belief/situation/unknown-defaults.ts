import { type Place, placeBelow, refuseAt } from "../../value/shape.ts";
import { quote } from "../../value/text.ts";
import { meanByName, sumByName } from "./canonical-order.ts";
import { type AppliedDefault, type NumberSource, unknownContext } from "./situation.ts";

/** P(unknown) when the situation does not declare it. */
export const unknownPrior = 0.02;

/** The least likelihood in a row that is not declared `exact`. One noisy probe must not rule a context out for ever. */
export const likelihoodFloorByDefault = 0.001;

/** What one parse notes on the way: the defaults it applied and the sources of its numbers. */
export interface Notes {
  readonly defaults: AppliedDefault[];
  readonly sources: NumberSource[];
}

/** How a number that is not given for `unknown` follows from those of the named contexts. */
export interface UnknownRule {
  readonly rule: AppliedDefault["rule"];
  readonly says: string;
  readonly from: (names: readonly string[], values: readonly number[]) => number;
}

/** The rules for `unknown`. Each reads what is known with caution. */
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
  evenRestores: { rule: "unknown_restores", says: "in `unknown` it restores or not, equally likely", from: () => 0.5 },
  neverFixes: { rule: "unknown_utility", says: "a try fixes nothing in `unknown`", from: () => 0 },
} as const satisfies Readonly<Record<string, UnknownRule>>;

/**
 * Fills in a row of numbers by context. A named context left out is `absent`, or refused where `absent` is `null`. If
 * `unknown` is left out its rule supplies the number, and a note says so unless the number is that of `absent`.
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
    refuseAt(at, "E_SCHEMA_MISSING_FIELD", `the context ${quote(id)} has no value here`, `add ${quote(id)} or \`*\``);
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

/**
 * All priors when `unknown` is left out: it takes 0.02, and the named priors, which sum to 1, are scaled to share the
 * rest.
 */
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

/** Raises likelihoods below the floor to it. The other likelihoods of the row make room in proportion. */
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

/** Notes a default for the review. */
export function note(notes: Notes, at: Place, rule: AppliedDefault["rule"], text: string): void {
  notes.defaults.push({ pointer: at.pointer, rule, text });
}
