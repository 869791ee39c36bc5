/** Numbers as people read them: no more digits than a decision rests on, a true minus sign, never an exponent. */

/** A utility, such as `−17.9`; from a thousand on without decimals. */
export function utilityText(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return signed(trimZeros(value.toFixed(digits)));
}

/**
 * A probability as a percentage, such as `0.299 %`. Small ones keep three significant digits, because limits are small.
 */
export function percentText(probability: number): string {
  const percent = probability * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.0001) return "< 0.0001 %";
  let decimals = percent >= 10 ? 1 : 2;
  for (let scaled = percent; scaled < 1; scaled *= 10) decimals += 1;
  return `${trimZeros(percent.toFixed(decimals))} %`;
}

/** A plain number with at most four decimals. */
export function numberText(value: number): string {
  return signed(trimZeros(value.toFixed(4)));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function signed(text: string): string {
  if (/^-0*\.?0*$/.test(text)) return "0";
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

/** Rows of cells as lines, each column padded to its widest cell and aligned as `align` says. */
export function columns(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[]): readonly string[] {
  const widths = align.map((_, index) => Math.max(0, ...rows.map((row) => (row[index] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, index) =>
        align[index] === "right" ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
