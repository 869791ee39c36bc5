import { resolve } from "node:path";

const pathCharsMax = 4_096;

/**
 * The paths that a fixed word of an argument vector may name: the word itself, and the part behind `=`, `@` or a short
 * option. A relative one is meant in the folder that the program runs in. Whether there is a file is not asked here.
 */
export function pathsIn(word: string, folder: string): readonly string[] {
  const behindSign = /^[^=]*=(.+)$/s.exec(word)?.[1];
  const behindOption = /^-[A-Za-z0-9](\/.+)$/s.exec(word)?.[1];
  const behindAt = [word, behindSign].flatMap((part) => (part?.startsWith("@") === true ? [part.slice(1)] : []));
  const parts = [word, behindSign, behindOption, ...behindAt];
  return [
    ...new Set(
      parts.flatMap((part) =>
        part === undefined || part === "" || part.length > pathCharsMax ? [] : [resolve(folder, part)],
      ),
    ),
  ];
}
