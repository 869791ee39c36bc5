import { readFileSync } from "node:fs";

/** One way in which an item of the corpus arrives. */
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

/** Reads the corpus: one table, whoever runs the items. */
export function readCorpus(): readonly HostileItem[] {
  // Our own file, held to this shape by the tests that run it.
  return (
    JSON.parse(readFileSync(new URL("corpus.json", import.meta.url), "utf8")) as {
      readonly items: readonly HostileItem[];
    }
  ).items;
}
