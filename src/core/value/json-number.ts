/**
 * Whether a JSON number keeps its exact value as a double. Its decimal value must equal that of the shortest form of
 * the double, which is the form that canonical bytes hold (RFC 8785, section 3.2.2.3).
 *
 * `0.1`, `1.50` and `1e3` pass. These do not: `1e400` (infinite), `1e-400` (zero), `0.1000000000000000055` (more digits
 * than a double keeps), `-0` (canonical bytes hold `0`), and whole numbers beyond ±(2^53 − 1), where neighbours become
 * equal (RFC 7493, section 2.2). A number that passes can be shown, hashed and read again without a change.
 *
 * @param token - text in JSON's number grammar
 * @param value - `Number(token)`
 */
export function isExactNumber(token: string, value: number): boolean {
  if (value === 0) return !token.startsWith("-") && isZero(token);
  // Beyond 2^53 every double is whole, so this also covers fractions, exponents and infinity.
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  // The 53 bits of a double tell all decimals of at most 15 digits apart, so this one is its own shortest form. Most
  // numbers end here, which halves the time to read 50,000 of them (`node bench/json.ts`).
  if (token.length <= 15 && !token.includes("e") && !token.includes("E")) return true;
  const shortest = String(value);
  return shortest === token || normalizeDecimal(shortest) === normalizeDecimal(token);
}

// Zero in any spelling: no digit other than 0 before the exponent.
function isZero(token: string): boolean {
  return !/^[^eE]*[1-9]/.test(token);
}

// The value as `digits` × 10^exponent, where the digits neither begin nor end with a zero: one spelling for each value.
function normalizeDecimal(token: string): string {
  const sign = token.startsWith("-") ? "-" : "";
  const [mantissa = "", exponentText = "0"] = token.slice(sign.length).toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = stripTrailingZeros(`${whole}${fraction}`.replace(/^0+/, ""));
  const droppedCount = `${whole}${fraction}`.replace(/^0+/, "").length - digits.length;
  return `${sign}${digits}e${Number(exponentText) - fraction.length + droppedCount}`;
}

// A loop, because /0+$/ takes quadratic time on a long run of zeros inside the text.
function stripTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1;
  return digits.slice(0, end);
}
