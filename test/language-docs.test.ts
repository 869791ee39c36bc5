// docs/language.md is whole: it shows its files as they are, and each key of the published schemas is used in them and
// has a line in the page. The page's own transcript is run by docs.test.ts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "./support/sources.ts";
import { fencesOf } from "./support/transcripts.ts";

const page = readFileSync(join(root, "docs/language.md"), "utf8");

// A witness is either `alert` or `expect`, and the example has the latter.
/** Each language: its schema, its heading, its file, and keys that stand in another file of the example or nowhere. */
const languages = [
  { schema: "domain", heading: "The domain", file: "pack/domain.yaml", elsewhere: [] },
  { schema: "proposal", heading: "The proposal", file: "pack/proposals/roll-out.json", elsewhere: [] },
  { schema: "situation", heading: "The situation", file: "pack/situations/slow-host.yaml", elsewhere: ["alert"] },
  {
    schema: "site",
    heading: "The site",
    file: "interlock.yaml",
    // `archive` and `destroy` exclude one another. The others are of a model, and an example cannot bring a server.
    elsewhere: ["destroy", "model", "baseUrl", "apiKey", "timeout", "repairRounds", "reads"],
  },
] as const;

describe.each(languages)("$heading of docs/language.md", ({ schema, heading, file, elsewhere }) => {
  const text = readFileSync(join(root, "examples/language", file), "utf8");
  const keys = keysOf(JSON.parse(readFileSync(join(root, `schemas/${schema}.schema.json`), "utf8")));
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const table = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));

  it("shows the file as it is", () => {
    expect(fencesOf("docs/language.md").map((fence) => `${fence.text}\n`)).toContain(text);
  });

  it("uses every key of its schema", () => {
    const used = new Set(namesIn(parse(text)));

    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !used.has(key) && !elsewhere.some((known) => known === key))).toEqual([]);
  });

  it("has a line for every key, and for no other", () => {
    const listed = table.flatMap((line) =>
      [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, key = ""]) => key),
    );

    expect([...new Set(listed)].sort()).toEqual(keys);
  });
});

/** The names of the properties that a JSON Schema declares anywhere, sorted. */
function keysOf(schema: unknown): readonly string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === "properties" && typeof child === "object" && child !== null)
        for (const name of Object.keys(child)) found.add(name);
      walk(child);
    }
  };
  walk(schema);
  return [...found].sort();
}

/** Every name of a field in a document. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...namesIn(child)]);
}
