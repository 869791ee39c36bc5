// Words by which a sentence gives away that it was translated. They are cheap to find, and each has a plainer word.
import { describe, expect, it } from "vitest";
import { documentPaths } from "./support/documents.ts";
import { isTest, type Source, sourcesBelow, textsBelow } from "./support/sources.ts";

const telltales: readonly RegExp[] = [
  // "the person who …", "a process that …"
  /\bwhoever\b/i,
  // "they", or the person's role
  /\b(?:he|his|him|himself)\b/i,
  // A clause that starts with it as its subject: "anything that …", "a file that …"
  /(?:^|[.:;] )Whatever\b/,
  /\bso many fewer\b/i,
  /\bof what is (?:one|none)\b/i,
  // "can be read", "can be restored"
  /\b(?:is|be|are|was|were) had\b(?! to)/i,
];

function findTelltales(text: string): readonly string[] {
  return telltales.flatMap((pattern) => pattern.exec(text)?.[0].trim() ?? []);
}

/** The comments of a file and the names of its tests, each with its line. */
function wordsOf({ path, lines }: Source): readonly { readonly place: string; readonly text: string }[] {
  return lines.flatMap((line, index) => {
    const comment = /^\s*(?:\/\*\*?|\*|\/\/|#) ?(.*)$/.exec(line)?.[1] ?? / \/\/ (.*)$/.exec(line)?.[1];
    const name = /\b(?:it|describe)(?:\.\w+\([^"]*\))?\(\s*"(.*)"/.exec(line)?.[1];
    return [comment, name].flatMap((text) => (text === undefined ? [] : [{ place: `${path}:${index + 1}`, text }]));
  });
}

const sources = ["src", "simulation", "verifier", "lab", "bench", "packaging", "test", "examples"].flatMap(
  sourcesBelow,
);
const itself = "test/plain-english.test.ts";

describe("plain English", () => {
  it("comments and names of tests have none of the words that give a translation away", () => {
    const configuration = ["packs", "examples"].flatMap((folder) => textsBelow(folder, ["yaml"]));
    const found = [...sources, ...configuration]
      .filter(({ path }) => path !== itself)
      .flatMap(wordsOf)
      .flatMap(({ place, text }) => findTelltales(text).map((word) => `${place} ${word}`));

    expect(found).toEqual([]);
  });

  it("neither do the messages of the product", () => {
    const found = sources
      .filter(({ path }) => path.startsWith("src/") && !isTest(path))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          /\bwhoever\b|\b(?:his|him)\b|\bhad back\b/i.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
        ),
      );

    expect(found).toEqual([]);
  });

  it("neither do the documents, the help of the command line included", () => {
    const pages = textsBelow(".", ["md"]).filter(({ path }) => documentPaths.includes(path) && path !== "CHANGELOG.md");
    const found = pages.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => findTelltales(line).map((word) => `${path}:${index + 1} ${word}`)),
    );

    expect(pages.map(({ path }) => path)).toContain("docs/cli.md");
    expect(found).toEqual([]);
  });

  it("the worst sentences there were are found, and plain ones are not", () => {
    const bad = [
      "of what is one, the stack goes to whoever reports it",
      "Steps wait for so many fewer.",
      "Whatever is not permitted is forbidden.",
      "the run is not his to end",
      "whether it can be had back",
    ];
    const good = [
      "The archive is the file that had it.",
      "this, whatever happens",
      "the host is here",
      "it had to stop",
    ];

    expect(bad.map((text) => findTelltales(text).length)).toEqual([2, 1, 1, 1, 1]);
    expect(good.flatMap(findTelltales)).toEqual([]);
  });
});
