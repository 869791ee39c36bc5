import { type Problem, problem } from "../core/value/codes.ts";
import type { JsonValue } from "../core/value/json-value.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { decodeUtf8 } from "../core/value/utf8.ts";
import { unreadProblem } from "../intake/bounds.ts";
import { readRegular } from "../intake/read-file.ts";
import { readYaml } from "./yaml.ts";

/** A YAML file's value, and its text for finding the line of a problem. */
export interface YamlFile {
  readonly value: JsonValue;
  readonly text: string;
}

/** Reads a YAML file strictly. */
export function readYamlFile(path: string): Result<YamlFile, readonly Problem[]> {
  const bytes = readRegular(path, { bytesMax: limits.bodyBytesMax });
  return bytes.ok ? readYamlBytes(bytes.value, path) : fail([unreadProblem(path, bytes.error)]);
}

/** Like `readYamlFile`, for bytes that were read already. `path` is for the messages. */
export function readYamlBytes(bytes: Uint8Array, path: string): Result<YamlFile, readonly Problem[]> {
  const text = decodeUtf8(bytes);
  if (!text.ok) return fail([problem("E_JSON_UNICODE", "", `\`${path}\` is not UTF-8`)]);
  const value = readYaml(text.value);
  return value.ok
    ? ok({ value: value.value, text: text.value })
    : fail(value.error.map((found) => ({ ...found, message: `${found.message} (${path})` })));
}
