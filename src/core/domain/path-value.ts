import { quote } from "../value/text.ts";

/**
 * Why a text is not a relative path that stays below its root; `undefined` when it is one.
 *
 * Beside `..` and absolute paths it refuses what another program could read as one of them: percent-encoded dots,
 * backslashes, drive letters, `~`, and characters that compatibility folding turns into dots or slashes. It also
 * refuses characters that cannot be seen, such as controls and NUL.
 */
export function findPathFlaw(value: string, lengthMax: number): string | undefined {
  if (value.length === 0) return "the path is empty";
  if (value.length > lengthMax) return `the path is longer than ${lengthMax} characters`;
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(value)) return `${quote(value)} holds characters that cannot be seen`;
  if (/^[/\\]|^[A-Za-z]:|^~/.test(value)) return `${quote(value)} is not relative to the connection's root`;
  if (value.includes("\\")) return `${quote(value)} holds a backslash, which some systems read as a separator`;
  const folded = value.normalize("NFKC");
  if (folded.split("/").length !== value.split("/").length)
    return `${quote(value)} holds a character that folds into a separator`;
  for (const segment of folded.split("/")) {
    const decoded = segment.replaceAll(/%2e/gi, ".").replaceAll(/%2f|%5c/gi, "/");
    if (decoded === "") return `${quote(value)} holds an empty segment`;
    if (/^\.+$/.test(decoded)) return `${quote(value)} leads out of, or nowhere below, the connection's root`;
    if (decoded.includes("/")) return `${quote(value)} holds an encoded separator`;
  }
  return undefined;
}
