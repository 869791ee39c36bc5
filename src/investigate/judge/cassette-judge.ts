import type { Problem } from "../../core/value/codes.ts";
import { type Digest, parseDigest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { parseWith, refine, refuseAt, text } from "../../core/value/shape.ts";
import { documentOf } from "../../core/value/shape-object.ts";
import { type JudgeDriver, requestDigestOf } from "./ask-judge.ts";

/** Replies of a live judge, by the digest of what was asked: one JSON document a line (`interlock.judge-cassette/1`). */
export interface JudgeCassette {
  readonly entries: readonly CassetteEntry[];
}

/** One question asked and what was said. */
export interface CassetteEntry {
  readonly format: "interlock.judge-cassette/1";
  readonly request: Digest;
  readonly model: string;
  readonly text: string;
}

const parseEntry = documentOf("interlock.judge-cassette/1", {
  request: refine(text(), (value, at) => {
    const parsed = parseDigest(value);
    return parsed.ok ? parsed.value : refuseAt(at, "E_SCHEMA", parsed.error);
  }),
  model: text({ charsMin: 1 }),
  text: text({ charsMax: 20_000 }),
});

/** Reads a cassette; blank lines are skipped, every bad line is a problem whose pointer is its line number. */
export function parseCassette(lines: string): Result<JudgeCassette, readonly Problem[]> {
  const entries: CassetteEntry[] = [];
  const problems: Problem[] = [];
  lines.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const json = parseJson(line);
    const entry = json.ok ? parseWith(parseEntry, json.value) : json;
    if (entry.ok) entries.push(entry.value);
    else
      problems.push(
        ...entry.error.map((one) => ({
          ...one,
          pointer: `/${index}${one.pointer}`,
          message: `${one.message} (line ${index + 1})`,
        })),
      );
  });
  return problems.length === 0 ? ok({ entries }) : fail(problems);
}

/** A judge that repeats what was recorded, and has no answer to anything else: the same decision, offline, for ever. */
export function cassetteJudge(model: string, cassette: JudgeCassette): JudgeDriver {
  return {
    model,
    ask: async (prompt) => {
      const request = requestDigestOf(model, prompt);
      const entry = cassette.entries.find((candidate) => candidate.request === request);
      if (entry === undefined) return { kind: "failed", reason: "not on the cassette" };
      return { kind: "said", text: entry.text, model: entry.model, tokenCounts: null };
    },
  };
}

/** Passes questions on to another judge and hands every reply to `append`, one cassette line each. Failures are not recorded. */
export function recordingJudge(inner: JudgeDriver, append: (line: string) => void): JudgeDriver {
  return {
    model: inner.model,
    ask: async (prompt, signal) => {
      const reply = await inner.ask(prompt, signal);
      if (reply.kind === "said") {
        const entry: CassetteEntry = {
          format: "interlock.judge-cassette/1",
          request: requestDigestOf(inner.model, prompt),
          model: reply.model,
          text: reply.text,
        };
        append(`${JSON.stringify(entry)}\n`);
      }
      return reply;
    },
  };
}
