import type { Problem } from "../core/value/codes.ts";
import { type Digest, parseDigest } from "../core/value/digest.ts";
import { parseJson } from "../core/value/json.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { oneOf, parseWith, refine, refuseAt, text } from "../core/value/shape.ts";
import { documentOf } from "../core/value/shape-object.ts";
import { type ModelDriver, requestDigest } from "./model-driver.ts";

/** One answer by the digest of what was asked; one JSON document a line (`interlock.proposal-cassette/1`). */
export interface CassetteEntry {
  readonly format: "interlock.proposal-cassette/1";
  /** `any` is for answers written by hand: they answer whatever is asked. */
  readonly request: Digest | "any";
  /** Where the answer comes from; always shown. */
  readonly source: "recorded" | "hand";
  readonly model: string;
  readonly text: string;
}

const parseEntry = documentOf("interlock.proposal-cassette/1", {
  request: refine(text(), (value, at): Digest | "any" | undefined => {
    if (value === "any") return value;
    const parsed = parseDigest(value);
    return parsed.ok ? parsed.value : refuseAt(at, "E_SCHEMA", parsed.error);
  }),
  source: oneOf(["recorded", "hand"]),
  model: text({ charsMin: 1, charsMax: 256 }),
  text: text({ charsMax: 1_000_000 }),
});

/** Reads a cassette; blank lines are skipped, every bad line is a problem that names it. */
export function parseCassette(lines: string): Result<readonly CassetteEntry[], readonly Problem[]> {
  const entries: CassetteEntry[] = [];
  const problems: Problem[] = [];
  lines.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const json = parseJson(line);
    const entry = json.ok ? parseWith(parseEntry, json.value) : json;
    if (!entry.ok)
      problems.push(
        ...entry.error.map((one) => ({
          ...one,
          pointer: `/${index}${one.pointer}`,
          message: `${one.message} (line ${index + 1})`,
        })),
      );
    else if (entry.value.request === "any" && entry.value.source !== "hand")
      problems.push({
        code: "E_SCHEMA",
        pointer: `/${index}/request`,
        message: `a recorded answer names what was asked (line ${index + 1})`,
        hint: "only an answer written by hand is for `any` request",
      });
    else entries.push(entry.value);
  });
  return problems.length === 0 ? ok(entries) : fail(problems);
}

/** A line of a cassette for an answer just given. */
export function cassetteLine(request: Digest, model: string, answer: string): string {
  const entry: CassetteEntry = {
    format: "interlock.proposal-cassette/1",
    request,
    source: "recorded",
    model,
    text: answer,
  };
  return `${JSON.stringify(entry)}\n`;
}

/** A model that repeats what was recorded of `model`, and has no answer to anything else: the same proposal, offline, for ever. */
export function cassetteModel(model: string, entries: readonly CassetteEntry[]): ModelDriver {
  return {
    model,
    ask: async (prompt) => {
      const request = requestDigest(model, prompt);
      const entry =
        entries.find((candidate) => candidate.request === request) ??
        entries.find((candidate) => candidate.request === "any");
      if (entry === undefined) return { kind: "failed", reason: "this request is not on the cassette" };
      return {
        kind: "said",
        text: entry.text,
        model: entry.source === "hand" ? `${entry.model} (written by hand)` : entry.model,
        inputTokenCount: null,
        outputTokenCount: null,
      };
    },
  };
}
