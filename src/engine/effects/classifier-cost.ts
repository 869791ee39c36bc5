import { isJsonArray, isJsonObject, type JsonValue } from "../../core/value/json-value.ts";

const macro = /\.\s*(?:all|exists|exists_one|filter|map)\s*\(/y;

/**
 * An upper bound on how often the innermost macro body of a CEL text runs over an output. The library has no limit of
 * its own, and nested macros over a list of a hundred take seconds. A count gives the same outcome on every machine,
 * which a time limit would not.
 *
 * A text can iterate over collections of the output and over its own literals, joined by `+`. So every comma counts as
 * one more item, and every plus as one more collection.
 */
export function iterationsOf(source: string, output: JsonValue): number {
  // The content of a string literal is not syntax: empty every one of them.
  const text = source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "''");
  const plusCount = text.split("+").length - 1;
  const commaCount = text.split(",").length - 1;
  const size = (largestCollection(output) + commaCount + 1) * (plusCount + 1);
  return size ** macroDepth(text);
}

/** How deep macros are nested in the arguments of others. A chain of macros on one receiver is not nested. */
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
