// The programs in the documents run, print what the page says, and have correct types.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentPaths } from "./support/documents.ts";
import { checkTypes, runProgram, type SnippetFolder, snippetFolder, snippetsOf } from "./support/snippets.ts";
import { matchesTranscript } from "./support/transcripts.ts";

const pages = documentPaths.map(snippetsOf).filter(({ programs }) => programs.length > 0);

describe.each(pages)("the programs of $file", (page) => {
  let folder: SnippetFolder;
  beforeAll(() => {
    // One folder for each page, because a later program uses what an earlier one left, as for a reader.
    folder = snippetFolder(page);
  });
  afterAll(() => folder.remove());

  it.each(page.programs)("at line $line run and print what the page says", (program) => {
    const { status, stdout, stderr } = runProgram(folder, program);

    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const printed = stdout.trimEnd().split("\n");
    if (program.printed !== null)
      expect(matchesTranscript(program.printed.split("\n"), printed) ? [] : printed).toEqual([]);
  });

  it("have types that hold", { timeout: 60_000 }, () => {
    expect(checkTypes(folder)).toBe("");
  });
});

describe("the connector of docs/library.md", () => {
  const page = snippetsOf("docs/library.md");

  it("has at most thirty lines", () => {
    const connector = page.files.find(({ path }) => path === "lamp.ts");

    expect(connector?.text).toContain("perform:");
    expect(connector?.text.split("\n").length).toBeLessThanOrEqual(30);
  });

  it("is called to look, once to switch, and to look again, and leaves the lamp on", () => {
    const program = page.programs.find(({ text }) => text.includes('["lamp", lampConnector]')) ?? expect.fail();
    const perform = "perform: (call) => (console.log(call.operation), lampConnector.perform(call))";
    const text = program.text.replace('["lamp", lampConnector]', `["lamp", { ...lampConnector, ${perform} }]`);
    const folder = snippetFolder({ ...page, programs: [{ ...program, text }] });

    const { stdout } = runProgram(folder, program);
    folder.remove();

    expect(stdout).toMatch(/(?:look\n)+switch\n(?:look\n)+succeeded\n/);
    expect(stdout.match(/^switch$/gm)).toHaveLength(1);
    expect(stdout).toContain("after: Map(1) { 'hall' => true }");
  });
});

it("a page with a program that is not run is in TypeScript that compiles, too", { timeout: 60_000 }, () => {
  const readme = snippetsOf("README.md");
  expect(readme.unrun.length).toBeGreaterThan(0);

  const folder = snippetFolder(readme);
  try {
    expect(checkTypes(folder)).toBe("");
  } finally {
    folder.remove();
  }
});
