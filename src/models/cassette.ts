import type { Problem } from "../core/value/codes.ts";
import type { Digest } from "../core/value/digest.ts";
import { parseJson } from "../core/value/json.ts";
import { limits } from "../core/value/limits.ts";
import { fail, ok, type Result } from "../core/value/result.ts";
import { oneOf, type Parser, parseWith, refine, refuseAt, text } from "../core/value/shape.ts";
import { documentOf } from "../core/value/shape-object.ts";
import { digestText } from "../core/value/shape-stored.ts";
import type { Model } from "../ports.ts";
import { answerCharsMax } from "./ask.ts";
import { type ModelUse, requestDigest } from "./request-digest.ts";

/** Answers of a model, each under the digest of what was asked; in a file, one JSON document a line. */
export interface Cassette {
  readonly use: ModelUse;
  readonly entries: readonly CassetteEntry[];
}

/** One answer. */
export interface CassetteEntry {
  /** `any` marks an answer written by hand, which answers every request. */
  readonly request: Digest | "any";
  /** Where the answer comes from. An answer written by hand is always shown as such. */
  readonly source: "recorded" | "hand";
  /** The model that answered. */
  readonly model: string;
  readonly text: string;
}

const request: Parser<Digest | "any"> = (value, at) => (value === "any" ? value : digestText()(value, at));
const model = text({ charsMin: 1 });
const answer = text({ charsMax: limits.bodyBytesMax });

const formats = { proposal: "interlock.proposal-cassette/1", judgement: "interlock.judge-cassette/1" } as const;

const proposalEntry: Parser<CassetteEntry> = refine(
  documentOf(formats.proposal, { request, source: oneOf(["recorded", "hand"]), model, text: answer }),
  (entry, at) =>
    entry.request === "any" && entry.source !== "hand"
      ? refuseAt(
          { ...at, pointer: `${at.pointer}/request` },
          "E_SCHEMA",
          "a recorded answer names what was asked",
          "only an answer written by hand is for `any` request",
        )
      : entry,
);
const judgementEntry: Parser<CassetteEntry> = refine(
  documentOf(formats.judgement, { request: digestText(), model, text: answer }),
  (entry): CassetteEntry => ({ ...entry, source: "recorded" }),
);
const entryParsers = { proposal: proposalEntry, judgement: judgementEntry };

/**
 * Reads a cassette. Blank lines are skipped. Every bad line is a problem whose pointer begins with the line's index.
 */
export function parseCassette(use: ModelUse, lines: string): Result<Cassette, readonly Problem[]> {
  const entries: CassetteEntry[] = [];
  const problems: Problem[] = [];
  lines.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const json = parseJson(line);
    const entry = json.ok ? parseWith(entryParsers[use], json.value) : json;
    if (entry.ok) entries.push(entry.value);
    else
      for (const one of entry.error)
        problems.push({ ...one, pointer: `/${index}${one.pointer}`, message: `${one.message} (line ${index + 1})` });
  });
  return problems.length === 0 ? ok({ use, entries }) : fail(problems);
}

/** The cassette line for an answer that was just given, with its newline. */
export function cassetteLine(
  use: ModelUse,
  recorded: { readonly request: Digest; readonly model: string; readonly text: string },
): string {
  const { request, model } = recorded;
  // A lone surrogate has no UTF-8 bytes, and the strict reader would refuse the line.
  const text = recorded.text.toWellFormed();
  const line =
    use === "proposal"
      ? { format: formats[use], request, source: "recorded", model, text }
      : { format: formats[use], request, model, text };
  return `${JSON.stringify(line)}\n`;
}

/**
 * A model that repeats what was recorded and answers nothing else: always the same answers, and offline. A recording
 * has no token counts.
 */
export function cassetteModel(name: string, { use, entries }: Cassette): Model {
  return {
    name,
    ask: async ({ prompt, signal }) => {
      if (signal.aborted) return { kind: "failed", reason: "interrupted" };
      const asked = requestDigest(use, name, prompt);
      const entry =
        entries.find((candidate) => candidate.request === asked) ??
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

/**
 * Passes requests on to a model and gives every answer to `append` as a line of a cassette. Failures are not recorded,
 * and neither are answers that are too long to be accepted.
 */
export function recordingModel(inner: Model, use: ModelUse, append: (line: string) => void): Model {
  return {
    name: inner.name,
    ask: async (asked) => {
      const reply = await inner.ask(asked);
      const request = requestDigest(use, inner.name, asked.prompt);
      if (reply.kind === "said" && reply.text.length <= answerCharsMax)
        append(cassetteLine(use, { request, model: reply.model, text: reply.text }));
      return reply;
    },
  };
}
