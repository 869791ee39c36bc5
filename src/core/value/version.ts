/*
 * Versions by Semantic Versioning 2.0.0, and with a `v` in front, as tags have them. Numbers are compared as texts of
 * digits, so that none is too long.
 */

interface Version {
  readonly numbers: readonly string[];
  readonly preRelease: readonly string[];
}

/** Longer ones are no versions. */
export const versionCharsMax = 128;

// The expression that the specification suggests, with a `v` that may stand in front.
const pattern = new RegExp(
  [
    /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)/,
    /(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?/,
    /(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/,
  ]
    .map(({ source }) => source)
    .join(""),
);

/** Whether a text is a version, such as `1.10.0`, `v2.0.0-rc.1` or `1.0.0+build.7`. */
export function isVersion(text: string): boolean {
  return parseVersion(text) !== undefined;
}

/**
 * Compares two versions by precedence (section 11): negative if the first comes before the other, 0 if neither does.
 * `1.9.0` comes before `1.10.0`, `2.0.0-rc.1` before `2.0.0`. The `v` and what stands behind `+` decide nothing.
 *
 * @returns `undefined` if one of them is no version
 */
export function compareVersions(left: string, right: string): number | undefined {
  const [one, other] = [parseVersion(left), parseVersion(right)];
  if (one === undefined || other === undefined) return undefined;
  const byNumbers = compareLists(one.numbers, other.numbers);
  if (byNumbers !== 0) return byNumbers;
  // A version without a pre-release comes after all of its pre-releases.
  if (one.preRelease.length === 0 || other.preRelease.length === 0)
    return other.preRelease.length - one.preRelease.length;
  return compareLists(one.preRelease, other.preRelease);
}

function parseVersion(text: string): Version | undefined {
  const match = text.length > versionCharsMax ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, major = "", minor = "", patch = "", preRelease] = match;
  return { numbers: [major, minor, patch], preRelease: preRelease === undefined ? [] : preRelease.split(".") };
}

function compareLists(left: readonly string[], right: readonly string[]): number {
  for (const [index, one] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareParts(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** A number comes before a word; numbers go by their value, words by their characters. */
function compareParts(left: string, right: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  if (isNumber && left.length !== right.length) return left.length - right.length;
  return left === right ? 0 : left < right ? -1 : 1;
}
