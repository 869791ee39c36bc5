// Measures CPU and wall time. Contenders take turns in one process, so that other work on the machine slows all of them
// alike.
import { hash } from "node:crypto";
import { loadavg } from "node:os";

/** The time that one round of one contender took. */
export interface Sample {
  readonly cpuUs: number;
  readonly wallUs: number;
}

/** One figure of a report: the median of the rounds, and the range of their middle half. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly spread: readonly [number, number];
}

/** Measures some work: its wall time, and the CPU time of the whole process, threads included. */
export async function sample(work: () => unknown): Promise<Sample> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const wallUs = (performance.now() - startedMs) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuUs: user + system, wallUs };
}

/** Rounds at the beginning that do not count, because the compiler is still at work. */
export const warmUpRounds = 3;

/**
 * Runs every contender once in each round, in an order that rotates, with the young heap collected before each. The
 * first rounds are for warming up and do not count.
 */
export async function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  rounds: number,
): Promise<Readonly<Record<Name, readonly Sample[]>>> {
  // The keys of a record are its own names.
  const names = Object.keys(contenders) as Name[];
  const samples = new Map<Name, Sample[]>(names.map((name) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round + warmUpRounds) % names.length];
      if (name === undefined) continue;
      // No contender pays for the garbage of another. A major collection would also throw away what the compiler has
      // learned.
      (globalThis.gc as undefined | ((options: { readonly type: "minor" }) => void))?.({ type: "minor" });
      const taken = await sample(contenders[name]);
      if (round >= 0) samples.get(name)?.push(taken);
    }
  }
  return Object.fromEntries(samples) as unknown as Readonly<Record<Name, readonly Sample[]>>;
}

/** The median and the middle half of some numbers. */
export function summarize(name: string, unit: string, values: readonly number[]): Figure {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { name, unit, value: at(0.5), spread: [at(0.25), at(0.75)] };
}

/** The median of the ratios of single rounds: each round is compared only with itself. */
export function ratioOf(name: string, above: readonly number[], below: readonly number[]): Figure {
  return summarize(
    name,
    "ratio",
    above.map((value, index) => value / (below[index] ?? Number.NaN)),
  );
}

/**
 * Measures something at several sizes, in turns: each size in units of H, and the ratio of the largest to the smallest.
 */
export async function measureSizes(
  {
    name,
    sizes,
    hashUs,
    rounds,
  }: { readonly name: string; readonly sizes: readonly number[]; readonly hashUs: number; readonly rounds: number },
  usPerEvent: (size: number) => number | Promise<number>,
): Promise<readonly Figure[]> {
  const taken = new Map<number, number[]>(sizes.map((size) => [size, []]));
  const contenders = Object.fromEntries(
    sizes.map((size) => [
      `${size}`,
      async () => {
        taken.get(size)?.push(await usPerEvent(size));
      },
    ]),
  );
  await takeTurns(contenders, rounds);
  const values = (size: number): readonly number[] => (taken.get(size) ?? []).slice(warmUpRounds);
  const [smallest = 0] = sizes;
  const largest = sizes.at(-1) ?? smallest;
  return [
    ...sizes.map((size) =>
      summarize(
        `${name}, ${size}: CPU an event`,
        "H",
        values(size).map((value) => value / hashUs),
      ),
    ),
    ratioOf(`${name}: an event at ${largest} beside one at ${smallest}`, values(largest), values(smallest)),
  ];
}

/** The unit H in microseconds: the CPU time of one SHA-256 of 364 bytes in this process. */
export function measureHash(): number {
  const text = "0123456789abcdef".repeat(23).slice(0, 364);
  const rounds = Array.from({ length: 9 }, () => {
    const before = process.cpuUsage();
    for (let index = 0; index < 20_000; index += 1) hash("sha256", text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 20_000;
  });
  return rounds.sort((left, right) => left - right)[4] ?? Number.NaN;
}

/** How busy the machine is. */
export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}

/** A figure as one line. */
export function formatFigure({ name, unit, value, spread }: Figure): string {
  const digits = (number: number): string =>
    Math.abs(number) >= 100 ? number.toFixed(0) : number.toFixed(Math.abs(number) >= 10 ? 1 : 2);
  const middleHalf = `(${digits(spread[0])} to ${digits(spread[1])})`;
  return `${name.padEnd(66)} ${digits(value).padStart(9)} ${unit.padEnd(8)} ${middleHalf}`;
}
