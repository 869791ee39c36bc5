// The documents are true: transcripts are typed again, TypeScript snippets are run, and links lead somewhere.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawDecision } from "../examples/situations/draw-decision.ts";
import { documentPaths } from "./support/documents.ts";
import { root } from "./support/sources.ts";
import { fencesOf, matchesTranscript, parseTranscript, scratchFolder, typeCommand } from "./support/transcripts.ts";

const fences = documentPaths.flatMap(fencesOf);

describe.runIf(fences.some(({ info }) => info === "console run"))("transcripts", () => {
  const files = documentPaths.filter((file) => fencesOf(file).some(({ info }) => info === "console run"));

  // One folder a document: a later command finds what an earlier one left, as for a reader.
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

describe.runIf(fences.some(({ info }) => info === "ts run"))("snippets", () => {
  const snippets = fences.filter(({ info }) => info === "ts run");

  it.each(snippets.map((fence) => [`${fence.file}:${fence.line}`, fence] as const))("%s runs", (_, fence) => {
    const path = join(root, `.snippet-${fence.line}-${process.pid}.ts`);
    writeFileSync(path, fence.text.replaceAll('"@interlock-run/interlock"', '"./src/interlock.ts"'));
    try {
      const { status, stderr } = spawnSync(process.execPath, [path], { cwd: root, encoding: "utf8", timeout: 30_000 });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    } finally {
      rmSync(path);
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
