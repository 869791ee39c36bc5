import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeApi } from "./describe-api.ts";
import { type ApiSymbol, readApi } from "./read-api.ts";
import { root } from "./run-tsc.ts";

/** docs/api.md as the sources have it now, and what it was written from. Cost: about 1 s. */
export function apiReference(): { readonly text: string; readonly symbols: readonly ApiSymbol[] } {
  const symbols = readApi("src/interlock.ts");
  return { symbols, text: describeApi(symbols, readFileSync(join(root, "src/flow/arrows.ts"), "utf8")) };
}
