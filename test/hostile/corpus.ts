import { readFileSync } from "node:fs";

/** A way in which an item of the corpus arrives. */
export type Variant =
  | { readonly where: string; readonly kind: "bytes"; readonly text: string }
  | { readonly where: string; readonly kind: "hex"; readonly text: string }
  | { readonly where: string; readonly kind: "proposal"; readonly value: object }
  /** A proposal that compiles, and whose review must be inert. */
  | { readonly where: string; readonly kind: "render"; readonly value: object }
  /** `count` nested lists, or `count` spaces, in the document or in a literal. */
  | {
      readonly where: string;
      readonly kind: "nested" | "spaces";
      readonly in: "document" | "literal";
      readonly count: number;
    }
  /** The shop's domain without one field of one action. */
  | { readonly where: string; readonly kind: "domain"; readonly remove: readonly [string, string] };

/** A hostile input and the refusal it must get. */
export interface HostileItem {
  readonly id: string;
  readonly title: string;
  readonly runBy: "gate" | "approval" | "engine" | "store" | "log" | "open";
  readonly expected: { readonly code: string; readonly stage: string; readonly effects: number };
  readonly variants?: readonly Variant[];
  readonly note?: string;
}

/** Reads the corpus, the one table that all tests of hostile input use. */
export function readCorpus(): readonly HostileItem[] {
  // This is our own file, and the tests that use it check its shape.
  return (
    JSON.parse(readFileSync(new URL("corpus.json", import.meta.url), "utf8")) as {
      readonly items: readonly HostileItem[];
    }
  ).items;
}
