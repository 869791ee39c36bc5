/*
 * What the usual ways of escaping a character have in common, for the search of a secret (`spellings.ts`) and for the
 * texts that it looks into (`layers.ts`).
 */

export const percentSign = 0x25;
export const ampersand = 0x26;
export const equalsSign = 0x3d;
export const backslash = 0x5c;

/** How many times an escape may be escaped again. */
export const nestingMax = 64;

/** The end of a row of backslashes that begins here, and of one that is longer than any escape needs. */
export function afterBackslashes(text: string, place: number): number {
  let at = place;
  while (at - place < nestingMax && text.charCodeAt(at) === backslash) at += 1;
  return at;
}

/** The number that these hexadecimal digits write, or `null`. */
export function hexAt(text: string, place: number, length: number): number | null {
  let value = 0;
  for (let at = place; at < place + length; at += 1) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit === null) return null;
    value = value * 16 + digit;
  }
  return value;
}

/** The value of a hexadecimal digit by its code unit, or `null`. */
export function hexDigit(unit: number): number | null {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : null;
}

/** Whether a backslash before this character means the character itself, as in a shell. */
export function isPunctuation(codePoint: number): boolean {
  if (codePoint >= 0x7f) return true;
  return codePoint >= 0x20 && codePoint !== backslash && !/[0-9A-Za-z]/.test(String.fromCharCode(codePoint));
}

/** What follows a backslash, in C, JavaScript, JSON and Python, by the character that it stands for. */
export const shortEscapes: Readonly<Record<string, string>> = {
  "\0": "0",
  "\u0007": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\u001b": "e",
};

/** The names that HTML has for the characters of ASCII, and for those that nobody sees. */
export const entityNames: Readonly<Record<string, readonly string[]>> = {
  "\t": ["Tab"],
  "\n": ["NewLine"],
  "!": ["excl"],
  '"': ["quot", "QUOT"],
  "#": ["num"],
  $: ["dollar"],
  "%": ["percnt"],
  "&": ["amp", "AMP"],
  "'": ["apos"],
  "(": ["lpar"],
  ")": ["rpar"],
  "*": ["ast", "midast"],
  "+": ["plus"],
  ",": ["comma"],
  "-": ["hyphen", "dash"],
  ".": ["period"],
  "/": ["sol"],
  ":": ["colon"],
  ";": ["semi"],
  "<": ["lt", "LT"],
  "=": ["equals"],
  ">": ["gt", "GT"],
  "?": ["quest"],
  "@": ["commat"],
  "[": ["lsqb", "lbrack"],
  "\\": ["bsol"],
  "]": ["rsqb", "rbrack"],
  "^": ["Hat"],
  _: ["lowbar", "UnderBar"],
  "`": ["grave", "DiacriticalGrave"],
  "{": ["lcub", "lbrace"],
  "|": ["verbar", "vert", "VerticalLine"],
  "}": ["rcub", "rbrace"],
  "\u00a0": ["nbsp", "NonBreakingSpace"],
  "\u00ad": ["shy"],
  "\u200b": ["ZeroWidthSpace"],
  "\u200c": ["zwnj"],
  "\u200d": ["zwj"],
  "\u2060": ["NoBreak"],
};

/*
 * A line that ends in `=` goes on in quoted-printable, and one that ends in a backslash does in C and in a shell. Such
 * an end stays in a squeezed text, as a character that may be the sign or nothing. Unicode gives these two no meaning.
 */
export const openEquals = 0xfdd0;
export const openBackslash = 0xfdd1;

/** Whether a code unit is a sign at the end of a line, which may be nothing. */
export function isOpen(unit: number): boolean {
  return unit === openEquals || unit === openBackslash;
}

/** Whether a text that is squeezed loses this code unit: a blank, a control character, or one that nobody sees. */
export function isUnseen(unit: number): boolean {
  const known = unseen[unit];
  if (known !== 0) return known === 1;
  const is = unit < 0xd800 || unit > 0xdfff ? unseenKinds.test(String.fromCharCode(unit)) : false;
  unseen[unit] = is ? 1 : 2;
  return is;
}

const unseenKinds = /[\s\p{Cc}\p{Cf}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** By code unit: 1 unseen, 2 seen, 0 not asked yet. To ask for all of them at the start takes milliseconds. */
const unseen = new Uint8Array(0x10000);

/** Whether a squeezed text loses this character. */
export function isUnseenCharacter(character: string): boolean {
  const unit = character.charCodeAt(0);
  return isUnseen(unit) || isUnseenPair(unit);
}

/** Whether a pair begins here that nobody sees: tags and the variation selectors of the supplement. */
export function isUnseenPair(unit: number): boolean {
  return unit >= 0xdb40 && unit <= 0xdb43;
}
