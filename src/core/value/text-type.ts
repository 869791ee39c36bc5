/** The charsets of texts, from the narrowest to the widest. */
export const charsets = ["identifier", "line", "text"] as const;

/**
 * `identifier`: letters, digits, `_ - .`. `line`: text without control characters. `text`: as `line`, with newlines.
 */
export type Charset = (typeof charsets)[number];

// Control characters move a cursor, and bidirectional characters reorder what a person reads. Neither belongs in such a
// text.
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

const patterns: Readonly<Record<Charset, (value: string) => boolean>> = {
  // It does not begin with `-`, or a program would take it for an option.
  identifier: (value) => /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(value),
  line: (value) => !unprintable.test(value),
  text: (value) => !unprintable.test(value.replaceAll(/[\n\t]/g, "")),
};

/** Whether a text has only characters of a charset. */
export function isOfCharset(charset: Charset, value: string): boolean {
  return patterns[charset](value);
}

/** Whether each text of one charset is also a text of the other. */
export function isCharsetWithin(inner: Charset, outer: Charset): boolean {
  return charsets.indexOf(inner) <= charsets.indexOf(outer);
}

/** A text as a fact or an argument declares it. */
export interface TextType {
  readonly lengthMax: number;
  readonly charset: Charset;
}

/**
 * Why a text cannot be the value of a fact, to go after "it"; `null` if it can. Facts are compared character by
 * character, and people read them. So two facts that look alike have to be equal: nothing invisible is accepted, and of
 * the ways to write an accented letter only the composed one (Unicode NFC).
 */
export function findFactTextFlaw({ lengthMax, charset }: TextType, value: string): string | null {
  if (value.length > lengthMax) return `has ${value.length} characters`;
  if (!isOfCharset(charset, value)) return `holds characters that are not \`${charset}\``;
  if (invisible.test(value)) return "holds an invisible character";
  return value === value.normalize("NFC") ? null : "writes a letter in parts that Unicode composes (it is not NFC)";
}

const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
