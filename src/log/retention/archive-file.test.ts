import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bodyDomain } from "../../core/log/chain.ts";
import { textDigest } from "../seal.ts";
import { scratchFolder, valueOf } from "../sqlite/store.fixture.ts";
import { readArchive, writeArchive } from "./archive-file.ts";

const bodies = ["{}", '{"kind":"a"}'].map((text, index) => ({
  seq: index + 7,
  body: textDigest(bodyDomain, text),
  text,
}));

/** An archive, and what becomes of it when its text is changed. */
function changed(change: (text: string) => string): ReturnType<typeof readArchive> {
  const { path } = valueOf(writeArchive(join(scratchFolder(), "archive"), bodies));
  const text = readFileSync(path, "utf8");
  expect(change(text)).not.toBe(text);
  writeFileSync(path, change(text));
  return readArchive(path);
}

describe("an archive", () => {
  it("is read back as it was written, under the digest that its removal names", async () => {
    const { path, digest } = valueOf(writeArchive(join(scratchFolder(), "archive"), bodies));

    expect(await readArchive(path)).toEqual({ ok: true, value: { digest, bodies } });
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["of another version", (text) => text.replace("archive/1", "archive/2"), /line 1: .*`interlock.body-archive\/2`/],
    [
      "whose header says more",
      (text) => text.replace('/1"}', '/1","later":1}'),
      /line 1: the field `later` is unknown/,
    ],
    ["with a line that says more", (text) => text.replace('"seq":8', '"seq":8,"later":1'), /line 3: .*`later`/],
    ["with a line that says less", (text) => text.replace('"seq":8,', ""), /line 3: the field `seq` is missing/],
    ["with a line of another type", (text) => text.replace('"seq":8', '"seq":"8"'), /line 3: .*found the text `8`/],
    ["with a field written twice", (text) => text.replace('"seq":8', '"seq":8,"seq":8'), /line 3/],
    ["that was cut off", (text) => text.slice(0, -1), /it was cut off/],
    ["without a body", (text) => `${text.split("\n")[0] ?? ""}\n`, /it was cut off/],
  ])("%s is refused, and the line is named", async (_, change, message) => {
    const read = await changed(change);

    expect(read.ok ? null : read.error).toMatchObject({ code: "E_ARCHIVE", message: expect.stringMatching(message) });
  });

  it("with a body that was changed is refused, and the record is named", async () => {
    expect(await changed((text) => text.replace('"{}"', '"[]"'))).toMatchObject({
      ok: false,
      error: { code: "E_ARCHIVE", pointer: "/records/7" },
    });
  });
});
