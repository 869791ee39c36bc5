/** A run of names that differ in nothing but a number that goes up by one. */
interface NameRun {
  readonly first: string;
  last: string;
  count: number;
}

/**
 * Names as a short list that leaves none out: `w1 … w200`, and `db1, w1 … w200` if one is of another kind. A range
 * stands only for names that are all there, numbered without a gap and written with the same number of digits or
 * without leading zeros.
 */
export function nameRanges(names: readonly string[]): readonly string[] {
  const runs: NameRun[] = [];
  for (const name of [...new Set(names)].sort(byNumber)) {
    const run = runs.at(-1);
    if (run !== undefined && isNext(run.last, name)) {
      run.last = name;
      run.count += 1;
    } else runs.push({ first: name, last: name, count: 1 });
  }
  return runs.flatMap(({ first, last, count }) => {
    if (count === 1) return [first];
    return count === 2 ? [first, last] : [`${first} … ${last}`];
  });
}

interface Parts {
  readonly head: string;
  readonly tail: string;
  readonly digits: string;
}

/** The last number of a name, and what stands around it. */
function partsOf(name: string): Parts {
  const [, head = name, digits = "", tail = ""] = /^(.*?)(\d{1,9})(\D*)$/su.exec(name) ?? [];
  return { head, tail, digits };
}

function isNext(left: string, right: string): boolean {
  const [old, young] = [partsOf(left), partsOf(right)];
  if (old.digits === "" || old.head !== young.head || old.tail !== young.tail) return false;
  const isPadded = [old, young].some(({ digits }) => digits.length > 1 && digits.startsWith("0"));
  return Number(young.digits) === Number(old.digits) + 1 && (!isPadded || old.digits.length === young.digits.length);
}

/** A total order in which names that differ in their last number alone stand together, by that number. */
function byNumber(left: string, right: string): number {
  const [old, young] = [partsOf(left), partsOf(right)];
  return (
    compare(old.head, young.head) ||
    compare(old.tail, young.tail) ||
    Number(old.digits) - Number(young.digits) ||
    compare(left, right)
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
