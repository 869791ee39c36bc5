import { readFileSync } from "node:fs";
import { PluginKind, declareClassPlugin } from "@stryker-mutator/api/plugin";

/** Lets the sampled mutants through and no other: Stryker has no sampling of its own, and a checker may set mutants aside. */
class SampleChecker {
  async init() {
    this.sample = new Set(JSON.parse(readFileSync(process.env.MUTATION_SAMPLE, "utf8")));
  }

  async check(mutants) {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.sample.has(keyOf(mutant)) ? { status: "passed" } : { status: "compileError", reason: "not in the sample" }]));
  }
}

/** The same in `mutate.ts`. */
function keyOf({ fileName, location, mutatorName, replacement }) {
  const { start, end } = location;
  return `${fileName.slice(fileName.indexOf("src/"))}:${start.line}:${start.column}-${end.line}:${end.column} ${mutatorName} ${replacement}`;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, "sample", SampleChecker)];
