import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
} from "yaml";
import { type Code, type Problem, problem } from "../core/value/codes.ts";
import { forbiddenKeys } from "../core/value/json.ts";
import { isExactNumber } from "../core/value/json-number.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { childPointer, parsePointer } from "../core/value/pointer.ts";
import { fail, ok, type Result } from "../core/value/result.ts";

/** A place in the text. Both numbers count from 1. */
export interface YamlPlace {
  readonly line: number;
  readonly column: number;
}

/** A broken file seldom has more than a few faults. Further problems are echoes of the first. */
const syntaxProblemsMax = 20;
const decimal = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;

interface Reader {
  readonly lines: LineCounter;
  readonly problems: Problem[];
}

/**
 * Reads one YAML 1.2 document as plain JSON data. Refuses what JSON cannot express: anchors, aliases, tags, merge keys,
 * duplicate keys, keys that are not strings, several documents, and numbers that a double does not hold exactly.
 *
 * @returns the value, or every problem found, each message ending in its line and column
 *
 * Cost: linear in the text, at most 1 MB and 32 levels.
 */
export function readYaml(text: string): Result<JsonValue, readonly Problem[]> {
  const parsed = parseOne(text);
  if (!parsed.ok) return parsed;
  const { document, reader } = parsed.value;
  const value = toValue(document.contents, { reader, pointer: "", depth: 0 });
  return reader.problems.length === 0 ? ok(value) : fail(reader.problems);
}

/**
 * The place of the value at a JSON Pointer, so that a problem found later can name its line.
 *
 * @returns the place of the value, or of its nearest ancestor if the pointer leads nowhere; `undefined` if the text is
 *   not YAML
 */
export function locateInYaml(text: string, pointer: string): YamlPlace | undefined {
  const parsed = parseOne(text);
  if (!parsed.ok) return undefined;
  const { document, reader } = parsed.value;
  let node: Node | null = document.contents;
  let place = placeOf(node, reader);
  const tokens = parsePointer(pointer);
  for (const token of tokens.ok ? tokens.value : []) {
    node = childOf(node, token);
    if (node === null) break;
    place = placeOf(node, reader);
  }
  return place;
}

function childOf(node: Node | null, key: string): Node | null {
  if (isMap(node)) {
    const found = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    // parseAllDocuments builds only nodes. The library's wider type also covers documents that were assembled by hand.
    return (found?.value as Node | null | undefined) ?? null;
  }
  if (isSeq(node)) return (node.items[Number(key)] as Node | undefined) ?? null;
  return null;
}

function parseOne(
  text: string,
): Result<{ readonly document: Document<ParsedNode>; readonly reader: Reader }, readonly Problem[]> {
  // A character has at least one byte, so this bound is safe before the encoding is known.
  if (text.length > limits.bodyBytesMax)
    return fail([problem("E_JSON_SIZE", "", "the YAML document is larger than 1 MB")]);
  if (!text.isWellFormed()) return fail([problem("E_JSON_UNICODE", "", "the YAML document holds a lone surrogate")]);
  const reader: Reader = { lines: new LineCounter(), problems: [] };
  const documents = parseAllDocuments<ParsedNode>(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    strict: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "silent",
    // The library compares every pair of keys, which is quadratic; `toValue` finds duplicates with a set.
    uniqueKeys: false,
    lineCounter: reader.lines,
  });
  const document = documents[0];
  if (document === undefined) return fail([problem("E_YAML_INVALID", "", "the YAML document is empty")]);
  if (documents.length > 1)
    report(reader, {
      code: "E_YAML_INVALID",
      pointer: "",
      message: "a second document begins",
      offset: documents[1]?.range?.[0],
    });
  for (const error of withoutEchoes([...document.errors, ...document.warnings])) {
    report(reader, {
      code: "E_YAML_INVALID",
      pointer: "",
      message: sentence(error.code, error.message),
      offset: error.pos[0],
    });
  }
  return reader.problems.length === 0 ? ok({ document, reader }) : fail(reader.problems);
}

/** A tab is read as no indentation, so that every line behind it seems to stand in the wrong place. */
function withoutEchoes<T extends { readonly code: string }>(errors: readonly T[]): readonly T[] {
  const tab = errors.find(({ code }) => code === "TAB_AS_INDENT");
  return tab === undefined ? errors.slice(0, syntaxProblemsMax) : [tab];
}

/**
 * The library's sentences begin with a capital, may have several lines, and quote the text behind a colon. Ours do not:
 * what is not YAML may be anything, such as a key that somebody named by mistake, and the refusal is recorded.
 */
function sentence(code: string, message: string): string {
  if (code === "RESOURCE_EXHAUSTION") return `nested deeper than ${limits.depthLevelsMax} levels`;
  if (code === "TAB_AS_INDENT")
    return "a tab stands where the indentation is: indent this line and those below with spaces";
  const [line = code] = message.split("\n");
  // "Missing , or : between flow map items" quotes nothing.
  const first = line.replace(/(?<! or): .*$/, "");
  return first.charAt(0).toLowerCase() + first.slice(1);
}

interface Position {
  readonly reader: Reader;
  readonly pointer: string;
  readonly depth: number;
}

function toValue(node: Node | null, at: Position): JsonValue {
  const { reader, pointer, depth } = at;
  // A file that is one value need not be meant as ours. Nothing of it is quoted, like in `parseJson`.
  const shown = (text: string): string => (pointer === "" ? "" : ` \`${text}\``);
  const refuse = (code: Code, message: string): null => {
    report(reader, { code, pointer, message, offset: node?.range?.[0] });
    return null;
  };
  if (node === null) return null;
  if (depth >= limits.depthLevelsMax && !isScalar(node))
    return refuse("E_JSON_DEPTH", `nested deeper than ${limits.depthLevelsMax} levels`);
  if (isAlias(node))
    return refuse(
      "E_YAML_INVALID",
      `the alias${shown(`*${node.source}`)} stands for a value written elsewhere: write the value`,
    );
  if ("anchor" in node && node.anchor !== undefined)
    return refuse("E_YAML_INVALID", `remove the anchor${shown(`&${String(node.anchor)}`)}`);
  if (node.tag !== undefined) return refuse("E_YAML_INVALID", `remove the tag${shown(node.tag)}`);
  if (isScalar(node)) return scalarValue(node, shown, refuse);
  if (isSeq(node))
    return node.items.map((item, index) =>
      toValue(item as Node, { reader, pointer: childPointer(pointer, index), depth: depth + 1 }),
    );
  if (isMap(node)) return mapValue(node.items as readonly { readonly key: unknown; readonly value: unknown }[], at);
  return refuse("E_YAML_INVALID", "this is not a value JSON has");
}

function mapValue(items: readonly { readonly key: unknown; readonly value: unknown }[], at: Position): JsonValue {
  const { reader, pointer, depth } = at;
  const entries = new Map<string, JsonValue>();
  for (const item of items) {
    // `stringKeys` has refused every other kind of key by now.
    const keyNode = item.key as Node & { readonly value?: unknown };
    const key = String(keyNode.value);
    const here = childPointer(pointer, key);
    const offset = keyNode.range?.[0];
    if (key === "<<")
      report(reader, {
        code: "E_YAML_INVALID",
        pointer: here,
        message: "merge keys are not read: write the fields out",
        offset,
      });
    if (forbiddenKeys.includes(key))
      report(reader, {
        code: "E_JSON_KEY_FORBIDDEN",
        pointer: here,
        message: `the key \`${key}\` is not accepted`,
        offset,
      });
    else if (entries.has(key))
      report(reader, { code: "E_YAML_INVALID", pointer: here, message: `the key \`${key}\` appears twice`, offset });
    else entries.set(key, toValue((item.value ?? null) as Node | null, { reader, pointer: here, depth: depth + 1 }));
  }
  return Object.fromEntries(entries);
}

function scalarValue(
  { value, source }: { readonly value: unknown; readonly source?: string },
  shown: (text: string) => string,
  refuse: (code: Code, message: string) => null,
): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "number") return refuse("E_YAML_INVALID", "this is not a value JSON has");
  const written = source ?? String(value);
  if (!decimal.test(written))
    return refuse("E_JSON_NUMBER", `the number${shown(written)} is not a finite decimal number`);
  if (!isExactNumber(jsonToken(written), value))
    return refuse("E_JSON_NUMBER", `a double does not hold the number${shown(written)} exactly as written`);
  return value;
}

/** YAML also allows `+1`, `.5` and `1.`, which JSON's grammar writes as `1`, `0.5` and `1`. */
function jsonToken(written: string): string {
  return written
    .replace(/^\+/, "")
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=[eE]|$)/, "");
}

function report(
  reader: Reader,
  found: {
    readonly code: Code;
    readonly pointer: string;
    readonly message: string;
    readonly offset: number | undefined;
  },
): void {
  const { line, col } = reader.lines.linePos(found.offset ?? 0);
  reader.problems.push(problem(found.code, found.pointer, `${found.message} (line ${line}, column ${col})`));
}

function placeOf(node: Node | null, reader: Reader): YamlPlace {
  const { line, col } = reader.lines.linePos(node?.range?.[0] ?? 0);
  return { line, column: col };
}
