/** A duration in the units that people think in, to the millisecond: no two durations read the same. */
export function describeDuration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1_000} s`;
  const parts = [
    [Math.floor(ms / 3_600_000), "h"],
    [Math.floor(ms / 60_000) % 60, "min"],
    [(ms % 60_000) / 1_000, "s"],
  ] as const;
  return parts
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** A size in decimal units, to the byte: no two sizes read the same. */
export function describeSize(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, "byte");
  return bytes < 1_000_000 ? `${bytes / 1_000} kB` : `${bytes / 1_000_000} MB`;
}

/** A number and its noun: `1 step`, `2 steps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const timeUnits = [
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", 1_000],
] as const;

/** A time in the largest unit of which it has at least two, such as `61 minutes`. */
export function wordTime(ms: number): string {
  const [name, unitMs] = timeUnits.find(([, size]) => ms >= 2 * size) ?? ["milliseconds", 1];
  return `${Math.floor(ms / unitMs)} ${name}`;
}
