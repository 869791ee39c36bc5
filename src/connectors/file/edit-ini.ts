import type { JsonObject, JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { findDispute, type IniSetting, listIniSettings } from "./ini-settings.ts";

/**
 * Reads `key = value` lines with `[section]` headings and whole-line comments (`#`, `;`). A value is a text as written.
 * Where programs take it for different texts, an object stands in its place, which is of no fact's type:
 * `{text, disputed}`, the text as written and why.
 */
export function readIni(text: string): Result<JsonObject, string> {
  const settings = listIniSettings(text);
  if (!settings.ok) return settings;
  const document: Record<string, JsonValue> = Object.create(null);
  for (const setting of settings.value) {
    const { section, key } = setting;
    if (section === null) document[key] = shown(setting);
    else document[section] = { ...(document[section] as JsonObject | undefined), [key]: shown(setting) };
  }
  return ok(document);
}

function shown({ value, disputed }: IniSetting): JsonValue {
  return disputed === null ? value : { text: value, disputed };
}

/** Replaces the value of a setting that is there; every other byte stays. */
export function editIni(
  text: string,
  change: { readonly pointer: readonly string[]; readonly value: JsonValue },
): Result<string, string> {
  const settings = listIniSettings(text);
  if (!settings.ok) return settings;
  const { pointer, value } = change;
  const [section, key] =
    pointer.length === 2 ? [pointer[0], pointer[1]] : [null, pointer.length === 1 ? pointer[0] : undefined];
  const setting = settings.value.find((candidate) => candidate.section === section && candidate.key === key);
  if (setting === undefined) return fail("there is no such setting");
  if (setting.disputed !== null)
    return fail(`programs take ${quote(setting.value)}, which stands there, for different texts: ${setting.disputed}`);
  const written = typeof value === "object" ? null : String(value);
  if (written === null || written !== written.trim() || !written.isWellFormed() || findDispute(written) !== null)
    return fail(`${quote(JSON.stringify(value))} cannot be written as one line that every program takes for the same`);
  const lines = text.split("\n");
  const line = lines[setting.lineIndex] ?? "";
  lines[setting.lineIndex] =
    `${line.slice(0, setting.valueIndex)}${written}${line.slice(setting.valueIndex + setting.value.length)}`;
  const edited = lines.join("\n");
  const again = listIniSettings(edited);
  return again.ok ? ok(edited) : again;
}
