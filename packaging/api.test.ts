import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { acceptedApi, emitPublicApi } from "./emit-api.ts";

describe("the public types", () => {
  const { text, declarations } = emitPublicApi();

  it("are those that somebody accepted: look at the difference, then `npm run api:accept`", () => {
    expect(text).toBe(readFileSync(acceptedApi, "utf8"));
  });

  it("name no type that the package does not export: add it to src/public-types.ts, or name another", () => {
    const kept = declarations.filter(({ isType, isExported }) => isType && !isExported);

    expect(kept.map(({ file, name }) => `${name} of ${file}`)).toEqual([]);
  });

  it("have one meaning a name", () => {
    const names = declarations.filter(({ isType }) => isType).map(({ name }) => name);

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
