import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";

const macro = /\.\s*(?:all|exists|exists_one|filter|map)\s*\(/y;

/**
 * An upper bound of how often the innermost macro body of a CEL text runs over an output: the library counts nothing,
 * and nested macros over a list of a hundred already take seconds. Deterministic, unlike a clock: the same output has
 * the same outcome on every machine.
 *
 * What a text can iterate over is a collection of the output or of its own literals, joined by `+`: each comma and each
 * plus of the text is taken for the worst it can mean.
 */
export function iterationsOf(source: string, output: JsonValue): number {
  // A literal's content is no syntax; what is left of it is as short as the shortest literal.
  const text = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "''");
  const plusCount = text.split("+").length - 1;
  const commaCount = text.split(",").length - 1;
  const size = (largestCollection(output) + commaCount + 1) * (plusCount + 1);
  return size ** macroDepth(text);
}

/** How deep macros stand inside the arguments of others; a chain of them on one receiver is no nesting. */
function macroDepth(text: string): number {
  const open: boolean[] = [];
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    macro.lastIndex = index;
    const found = macro.exec(text);
    if (found !== null) {
      open.push(true);
      depth += 1;
      deepest = Math.max(deepest, depth);
      index += found[0].length - 1;
    } else if (text[index] === "(") open.push(false);
    else if (text[index] === ")" && open.pop() === true) depth -= 1;
  }
  return deepest;
}

function largestCollection(value: JsonValue): number {
  const children = isJsonArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
  return children.reduce<number>((largest, child) => Math.max(largest, largestCollection(child)), children.length);
}
