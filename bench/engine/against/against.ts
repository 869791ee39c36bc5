// `npm run bench:engine -- --against REF`: this tree beside the one at REF, in alternating rounds of one run. Each side
// is a process of its own that runs its own bench code, so that trees of different layouts can be compared.
//
// What V8 makes of the code differs from process to process, by more than what is measured: the same two trees were
// 0.89 and 1.11 in two pairs of processes. So there are several pairs, and each gives one ratio.
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../measure.ts";
import { type RatioInterval, ratioInterval } from "./ratio-interval.ts";
import { type FigureName, figureNames, type SideSample } from "./side.ts";

/** One figure on both sides. A ratio is new by old: the median of the rounds of one pair of processes. */
export interface Comparison {
  readonly figure: FigureName;
  readonly measure: "CPU" | "wall";
  readonly pairs: number;
  readonly newUs: number;
  readonly oldUs: number;
  readonly ratio: RatioInterval;
  /** The median ratio is at most 1.05, or its interval contains 1. Wall time is shown and not judged. */
  readonly isMet: boolean | null;
}

/** Rounds that do not count, because the compiler is still at work. */
const warmUpRounds = 3;

const ratioMax = 1.05;

/** How much is measured: pairs of processes, and rounds that count in each. */
export interface Effort {
  readonly pairs: number;
  readonly rounds: number;
}

/** Measures every figure on both sides. */
export async function compareAgainst(ref: string, effort: Effort): Promise<readonly Comparison[]> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "interlock-against-"));
  const tree = join(folder, "tree");
  const git = (...args: readonly string[]): void => void execFileSync("git", ["-C", root, ...args], { stdio: "pipe" });
  git("worktree", "add", "--detach", tree, ref);
  try {
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    const pairs: PairRounds[] = [];
    for (let pair = 0; pair < effort.pairs; pair += 1) {
      pairs.push(await measurePair({ old: tree, current: root }, effort.rounds));
      if (process.stderr.isTTY) process.stderr.write(`\r${pair + 1} of ${effort.pairs} pairs of processes`);
    }
    if (process.stderr.isTTY) process.stderr.write("\n");
    return figureNames.flatMap((figure) => compareFigure(figure, pairs));
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One round of a figure on both sides. */
interface Round {
  readonly old: SideSample;
  readonly current: SideSample;
}

/** Every round of one pair of processes. */
type PairRounds = ReadonlyMap<FigureName, readonly Round[]>;

async function measurePair(
  roots: { readonly old: string; readonly current: string },
  rounds: number,
): Promise<PairRounds> {
  const processes: ChildProcess[] = [];
  try {
    const sides = {
      old: await startSide(roots.old, processes),
      current: await startSide(roots.current, processes),
    };
    const measured = new Map<FigureName, readonly Round[]>();
    for (const figure of figureNames) measured.set(figure, await measureFigure(figure, sides, rounds));
    return measured;
  } finally {
    for (const side of processes) if (side.connected) side.disconnect();
  }
}

/** Runs one round of a figure. */
type Side = (figure: FigureName) => Promise<SideSample>;

async function startSide(root: string, sides: ChildProcess[]): Promise<Side> {
  const child = fork(fileURLToPath(new URL("side.ts", import.meta.url)), [root]);
  sides.push(child);
  await answerOf(child);
  return async (figure) => {
    child.send(figure);
    const sample = await answerOf(child);
    if (sample === null) throw new Error("a side answers with a sample");
    return sample;
  };
}

function answerOf(child: ChildProcess): Promise<SideSample | null> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("a side of the comparison ended"));
    child.once("exit", onExit);
    child.once("message", (answer: { readonly sample: SideSample | null } | { readonly error: string }) => {
      child.off("exit", onExit);
      if ("error" in answer) reject(new Error(answer.error));
      else resolve(answer.sample);
    });
  });
}

async function measureFigure(
  figure: FigureName,
  { old, current }: { readonly old: Side; readonly current: Side },
  rounds: number,
): Promise<readonly Round[]> {
  const measured: Round[] = [];
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    // The sides take turns in going first, so that drift favours neither.
    const isOldFirst = round % 2 === 0;
    const first = await (isOldFirst ? old : current)(figure);
    const second = await (isOldFirst ? current : old)(figure);
    if (round >= 0) measured.push(isOldFirst ? { old: first, current: second } : { old: second, current: first });
  }
  return measured;
}

function compareFigure(figure: FigureName, pairs: readonly PairRounds[]): readonly Comparison[] {
  const compare = (measure: Comparison["measure"], valueOf: (sample: SideSample) => number | null): Comparison[] => {
    const byPair = pairs.flatMap((rounds) => {
      const both = (rounds.get(figure) ?? []).flatMap((round) => {
        const [now, before] = [valueOf(round.current), valueOf(round.old)];
        return now === null || before === null ? [] : [{ now, before }];
      });
      return both.length === 0 ? [] : [both];
    });
    if (byPair.length === 0) return [];
    const ratio = ratioInterval(byPair.map((both) => medianOf(both.map(({ now, before }) => now / before))));
    const isMet = ratio.median <= ratioMax || (ratio.low <= 1 && ratio.high >= 1);
    const both = byPair.flat();
    return [
      {
        figure,
        measure,
        pairs: byPair.length,
        newUs: medianOf(both.map(({ now }) => now)),
        oldUs: medianOf(both.map(({ before }) => before)),
        ratio,
        isMet: measure === "CPU" ? isMet : null,
      },
    ];
  };
  return [...compare("CPU", ({ cpuUs }) => cpuUs), ...compare("wall", ({ wallUs }) => wallUs)];
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

/** A comparison as one line. */
export function formatComparison({ figure, measure, newUs, oldUs, ratio, isMet }: Comparison): string {
  const verdict = isMet === null ? "      " : isMet ? "met   " : "MISSED";
  const { median, low, high } = ratio;
  const times = `${newUs.toFixed(2)} µs beside ${oldUs.toFixed(2)} µs`;
  const interval = `${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return `${verdict} ${`${figure}: ${measure}`.padEnd(24)} new/old ${interval}   ${times}`;
}

/** Compares, prints, and says whether every target was met. */
export async function showComparison(
  ref: string,
  effort: Effort,
): Promise<{ readonly comparisons: readonly Comparison[]; readonly isMet: boolean }> {
  const before = load();
  const comparisons = await compareAgainst(ref, effort);
  const { pairs, rounds } = effort;
  console.log(`this tree beside ${ref}: ${pairs} pairs of processes, ${rounds} rounds a figure in each, in turns`);
  console.log(
    `load ${before} before, ${load()} after; medians of the pairs' ratios, with 95 % intervals by the sign test`,
  );
  console.log(`target: a median of at most ${ratioMax}, or 1 in its interval`);
  for (const comparison of comparisons) console.log(`  ${formatComparison(comparison)}`);
  return { comparisons, isMet: comparisons.every(({ isMet }) => isMet !== false) };
}
