// The documents are true: their transcripts print what they show, and their links lead somewhere. `snippets.test.ts`
// runs their programs.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawDecision } from "../examples/situations/draw-decision.ts";
import { documentPaths } from "./support/documents.ts";
import { root } from "./support/sources.ts";
import { fencesOf, matchesTranscript, parseTranscript, scratchFolder, typeCommand } from "./support/transcripts.ts";

const fences = documentPaths.flatMap(fencesOf);

describe.runIf(fences.some(({ info }) => info === "console run"))("transcripts", () => {
  const files = documentPaths.filter((file) => fencesOf(file).some(({ info }) => info === "console run"));

  // One folder for each document, because a later command uses what an earlier one left, as for a reader.
  it.each(files)("what %s shows is what is printed", { timeout: 120_000 }, (file) => {
    const folder = scratchFolder();
    try {
      for (const fence of fences.filter((candidate) => candidate.file === file && candidate.info === "console run")) {
        for (const { command, expected } of parseTranscript(fence.text)) {
          const { lines } = typeCommand(command, folder.path);
          expect(matchesTranscript(expected, lines) ? [] : [`${file}:${fence.line} $ ${command}`, ...lines]).toEqual(
            [],
          );
        }
      }
    } finally {
      folder.remove();
    }
  });
});

it("the picture of a decision shows what is printed", () => {
  expect(readFileSync(join(root, "docs/images/decision.svg"), "utf8")).toBe(drawDecision());
});

describe("links", () => {
  it.each(documentPaths)("every relative link of %s leads to a file", (file) => {
    const text = readFileSync(join(root, file), "utf8").replace(/```[\s\S]*?```/g, "");
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? "");

    expect(targets.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
  });
});
