import type { JsonObject, JsonValue } from "../../core/value/json-value.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";

/** A setting in its line: where its value stands, so that an edit replaces that and nothing else. */
interface Setting {
  readonly section: string | null;
  readonly key: string;
  readonly value: string;
  readonly lineIndex: number;
  readonly valueIndex: number;
}

/**
 * Reads `key = value` lines with `[section]` headings and whole-line comments (`#`, `;`): INI, properties and
 * environment files. Values are texts, as written: no quotes are removed, nothing is interpolated, a later comment is
 * part of the value. A setting that stands twice is refused, because programs disagree on which one holds.
 */
export function readIni(text: string): Result<JsonObject, string> {
  const settings = listSettings(text);
  if (!settings.ok) return settings;
  const document: Record<string, JsonValue> = Object.create(null);
  for (const { section, key, value } of settings.value) {
    if (section === null) document[key] = value;
    else document[section] = { ...(document[section] as JsonObject | undefined), [key]: value };
  }
  return ok(document);
}

/** Replaces the value of a setting that is there; every other byte stays. */
export function editIni(
  text: string,
  change: { readonly pointer: readonly string[]; readonly value: JsonValue },
): Result<string, string> {
  const settings = listSettings(text);
  if (!settings.ok) return settings;
  const { pointer, value } = change;
  const [section, key] =
    pointer.length === 2 ? [pointer[0], pointer[1]] : [null, pointer.length === 1 ? pointer[0] : undefined];
  const setting = settings.value.find((candidate) => candidate.section === section && candidate.key === key);
  if (setting === undefined) return fail("there is no such setting");
  const written =
    typeof value === "string"
      ? value
      : typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : undefined;
  if (written === undefined || !/^(?![\s#;"'])[^\p{C}\p{Zl}\p{Zp}]*$/u.test(written) || /\s$|\s[#;]/.test(written)) {
    return fail(`${quote(JSON.stringify(value))} cannot be written as one line that every reader understands alike`);
  }
  const lines = text.split("\n");
  const line = lines[setting.lineIndex] ?? "";
  lines[setting.lineIndex] =
    `${line.slice(0, setting.valueIndex)}${written}${line.slice(setting.valueIndex + setting.value.length)}`;
  return ok(lines.join("\n"));
}

function listSettings(text: string): Result<readonly Setting[], string> {
  const settings: Setting[] = [];
  const seen = new Set<string>();
  let section: string | null = null;
  for (const [lineIndex, line] of text.split("\n").entries()) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const heading = /^\s*\[([^\]]+)\]\s*$/.exec(line);
    if (heading?.[1] !== undefined) {
      section = heading[1];
      if (section === "__proto__") return fail(`line ${lineIndex + 1} holds a name that is not accepted`);
      continue;
    }
    const found = /^(\s*([^=\s#;[\]][^=]*?)\s*=[ \t]*)(.*?)\s*$/.exec(line);
    const key = found?.[2];
    if (found === null || key === undefined || key === "__proto__")
      return fail(`line ${lineIndex + 1} is not a setting, a section or a comment`);
    const place = JSON.stringify([section, key]);
    if (seen.has(place)) return fail(`${quote(key)} stands twice, again in line ${lineIndex + 1}`);
    seen.add(place);
    settings.push({ section, key, value: found[3] ?? "", lineIndex, valueIndex: found[1]?.length ?? 0 });
  }
  const clash = settings.find(
    ({ section: none, key }) => none === null && settings.some((other) => other.section === key),
  );
  return clash === undefined ? ok(settings) : fail(`${quote(clash.key)} is a setting and a section`);
}
