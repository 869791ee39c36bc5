import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";

/** A setting in its line: where its value stands, so that an edit replaces that and nothing else. */
export interface IniSetting {
  readonly section: string | null;
  readonly key: string;
  /** As written, without the blanks around it. */
  readonly value: string;
  /** Why programs take the value for different texts; `null` where they agree. */
  readonly disputed: string | null;
  readonly lineIndex: number;
  readonly valueIndex: number;
}

/**
 * The settings of a text in the part of INI that its readers agree on: Python's configparser, systemd's units, git's
 * configuration, inih, PHP and crudini. No two of them have the same rules, and none of the rules is in the file.
 *
 * A text whose lines they take for different settings is refused. Where they disagree about one value alone, the
 * setting says so and the rest stands.
 */
export function listIniSettings(text: string): Result<readonly IniSetting[], string> {
  const flaw = findFlawOfText(text);
  if (flaw !== null) return fail(flaw);
  const settings: IniSetting[] = [];
  const places = new Set<string>();
  let section: string | null = null;
  // Whether the section has a setting by now, which an indented line would go on with.
  let isBelowSetting = false;
  for (const [lineIndex, whole] of text.split("\n").entries()) {
    const line = whole.replace(/\r$/, "");
    if (/^[ \t]*(?:[#;].*)?$/.test(line)) continue;
    const refuse = (why: string): Result<never, string> => fail(`line ${lineIndex + 1} ${why}`);
    if (isBelowSetting && /^[ \t]/.test(line)) return refuse("is indented: it goes on with the value above for some");
    const isHeading = /^[ \t]*\[/.test(line);
    const found = isHeading ? readHeading(line) : readSetting(line);
    if (!found.ok) return refuse(found.error);
    const { name, value, valueIndex } = found.value;
    const place = isHeading ? `[${foldSection(name)}]` : `[${foldSection(section ?? "")}]${foldKey(name)}`;
    if (places.has(place)) return refuse(`names ${quote(name)} again`);
    places.add(place);
    if (isHeading) section = name;
    else settings.push({ section, key: name, value, disputed: findDispute(value), lineIndex, valueIndex });
    isBelowSetting = !isHeading;
  }
  const hasSection = section !== null;
  const all = settings.map((setting) =>
    hasSection && setting.section === null ? { ...setting, disputed: setting.disputed ?? noSection } : setting,
  );
  const clash = settings.find(({ section: none, key }) => none === null && places.has(`[${foldSection(key)}]`));
  return clash === undefined ? ok(all) : fail(`${quote(clash.key)} is a setting and a section`);
}

/** configparser refuses such a file, and systemd passes the line over. A file without any section is none of theirs. */
const noSection = "it stands before the first section, where some programs read no setting";

interface Named {
  readonly name: string;
  readonly value: string;
  readonly valueIndex: number;
}

function findFlawOfText(text: string): string | null {
  if (text.startsWith("\uFEFF")) return "it begins with a byte order mark, which is part of the first name for some";
  // Some end a line here, so that the rest of a comment could be a setting.
  const at = text.search(/\r(?!\n)|[\u2028\u2029]|(?![\t\r\n])\p{Cc}/u);
  return at < 0 ? null : `line ${text.slice(0, at).split("\n").length} holds a control character`;
}

// Other characters have a meaning for some: quotes, brackets, escapes, comments, a `:` before the `=`, and letters
// whose small form depends on the program.
const sectionName = /^[ \t]*\[([A-Za-z0-9_./@*+&,:-]+(?: [A-Za-z0-9_./@*+&,:-]+)*)\][ \t]*$/;
const settingLine = /^([ \t]*([A-Za-z0-9_][A-Za-z0-9_./@*+-]*(?: [A-Za-z0-9_./@*+-]+)*)[ \t]*=[ \t]*)(.*)$/;

function readHeading(line: string): Result<Named, string> {
  const name = sectionName.exec(line)?.[1];
  if (name === undefined) return fail("is no section that every program takes for the same");
  if (name === "DEFAULT") return fail("is the section `DEFAULT`, which belongs to every other section for some");
  return name === "__proto__" ? fail("holds a name that is not accepted") : ok({ name, value: "", valueIndex: 0 });
}

function readSetting(line: string): Result<Named, string> {
  const found = settingLine.exec(line);
  const [, before = "", name = "", rest = ""] = found ?? [];
  const value = withoutBlanksAtEnd(rest);
  if (found === null) return fail("is no setting, section or comment that every program takes for the same");
  if (name === "__proto__") return fail("holds a name that is not accepted");
  if (/^(?:rem|export) /i.test(name)) return fail(`begins with ${quote(name.slice(0, name.indexOf(" ")))}`);
  if (value.endsWith("\\")) return fail("ends in a backslash: it goes on in the next line for some");
  if (/^<<|"""|'''/.test(value) || isOpen(value)) return fail("begins a text that ends in a later line for some");
  return ok({ name, value, valueIndex: before.length });
}

/** Whether a quoted text begins in this value and does not end in it. */
function isOpen(value: string): boolean {
  const count = (sign: string): number => value.split(sign).length - 1;
  return count('"') % 2 === 1 || (value.startsWith("'") && count("'") % 2 === 1);
}

/** Why programs take a value for different texts. */
export function findDispute(value: string): string | null {
  // PHP computes with the signs after the backtick, or refuses the file.
  const sign = /[#;"'\\%$`|&~!^(){}]/.exec(value)?.[0];
  if (sign !== undefined) return `${quote(sign)} has a meaning of its own for some`;
  return /[^\P{C}]|[^\P{Z} ]/u.test(value) ? "it holds blanks or characters that some change or drop" : null;
}

/** A pattern would go over a long run of blanks once for each of them. */
function withoutBlanksAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === " " || text[end - 1] === "\t") end -= 1;
  return text.slice(0, end);
}

function foldSection(name: string): string {
  return name.toLowerCase();
}

/** Names that are one for some programs: in capitals or not, with `-`, `_` or blanks between their words. */
function foldKey(name: string): string {
  return name.toLowerCase().replace(/[ _-]/g, "");
}
