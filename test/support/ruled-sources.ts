import { isTest, type Source, sourcesBelow } from "./sources.ts";

const folders = ["src", "packaging", "simulation", "verifier", "lab", "test", "bench", "packs", "examples"];

/** Every source that the rules of the house hold for, read once for a test file. */
export const everything: readonly Source[] = folders.flatMap(sourcesBelow);

/** The sources of the package, with its tests. */
export const product: readonly Source[] = everything.filter(({ path }) => path.startsWith("src/"));

/** The sources of the package without its tests. */
export const code: readonly Source[] = product.filter(({ path }) => !isTest(path));

/** A pattern that matches where any of these does. */
export function anyOf(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"));
}
