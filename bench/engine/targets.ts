// The target of each figure, and what it is compared with: the least that the machine allows (floor), and another
// program (peer).
import type { Figure } from "./measure.ts";

/** A figure with its floor, peer and target, `null` if there is none. All have the figure's unit. */
export interface JudgedFigure extends Figure {
  readonly floor: number | null;
  readonly peer: number | null;
  readonly target: Target | null;
  readonly isMet: boolean | null;
}

type Target = { readonly atMost: number } | { readonly atLeast: number };

interface Rule {
  /** Matches the name of the figure. */
  readonly names: RegExp;
  readonly unit?: string;
  readonly floor?: (name: string) => string;
  readonly peer?: (name: string) => string;
  readonly target?: (name: string) => Target;
}

const instead =
  (from: string, to: string) =>
  (name: string): string =>
    name.replace(from, to);
const atMost = (most: number) => (): Target => ({ atMost: most });

const rules: readonly Rule[] = [
  {
    names: /: interlock, synced: (?:CPU|wall) a step$/,
    floor: instead("interlock, synced", "floor: SQLite insert, FULL"),
    peer: instead("interlock, synced", "LangGraph JS, SQLite saver, sync, FULL"),
  },
  { names: /SQLite saver, sync, FULL beside ours: CPU$/, target: () => ({ atLeast: 8 }) },
  {
    names: /^1 × \d+ steps: synced commits a step$/,
    target: (name) => ({ atMost: 1 + 1 / Number(/× (\d+)/.exec(name)?.[1]) + 1e-9 }),
  },
  { names: /^64 × .*: synced commits a step$/, target: atMost(0.2) },
  {
    names: /^append with seal, 64 in a commit/,
    unit: "H",
    floor: () => "floor: JSON.stringify, two digests and a bare SQLite insert, 64 in a commit: CPU",
    target: atMost(6),
  },
  {
    names: /^append with seal, one ordered commit each/,
    floor: () => "floor: bare SQLite insert, one ordered commit each: CPU",
  },
  { names: /^kernel, .*, 10: CPU an event$/, target: atMost(12) },
  { names: /^kernel, .*: an event at 10000 beside one at 10$/, target: atMost(1.5) },
  { names: /^write step, whole/, floor: () => "write step, floor: bare SQLite insert, FULL: CPU a step" },
  { names: /^read step, whole/, floor: () => "read step, floor: bare ordered SQLite commit: CPU a step" },
  { names: /^a read step beside one ordered commit of its bytes by our store$/, target: atMost(5) },
  { names: /^(?:starting|stepping|listing the first page), .* beside an empty store/, target: atMost(1.5) },
  { names: /^open with \d+ unfinished runs: wall$/, target: atMost(5_000) },
  { names: /^memory of a waiting run$/, target: atMost(20_480) },
];

/** Adds to each figure its floor, its peer and its target. */
export function judgeFigures(figures: readonly Figure[]): readonly JudgedFigure[] {
  const valueOf = (name: string | undefined, unit: string): number | null =>
    figures.find((figure) => figure.name === name && figure.unit === unit)?.value ?? null;
  return figures.map((figure) => {
    const rule = rules.find(
      ({ names, unit }) => names.test(figure.name) && (unit === undefined || unit === figure.unit),
    );
    const target = rule?.target?.(figure.name) ?? null;
    return {
      ...figure,
      floor: valueOf(rule?.floor?.(figure.name), figure.unit),
      peer: valueOf(rule?.peer?.(figure.name), figure.unit),
      target,
      isMet:
        target === null ? null : "atMost" in target ? figure.value <= target.atMost : figure.value >= target.atLeast,
    };
  });
}

/** One line for each target: met or missed. */
export function formatTargets(figures: readonly JudgedFigure[]): readonly string[] {
  return figures.flatMap(({ name, unit, value, target, isMet }) => {
    if (target === null) return [];
    const bound = "atMost" in target ? `at most ${Number(target.atMost.toPrecision(4))}` : `at least ${target.atLeast}`;
    return [`${isMet === true ? "met   " : "MISSED"} ${name}: ${Number(value.toPrecision(3))} ${unit}, ${bound}`];
  });
}
