import { duration } from "../core/value/duration.ts";
import { isJsonObject } from "../core/value/json-value.ts";
import { secretReference } from "../core/value/secret-reference.ts";
import { integer, oneOf, type Parser, refuseAt, refuseKind, text } from "../core/value/shape.ts";
import { object, optional, withDefault } from "../core/value/shape-object.ts";

/**
 * A proposer as interlock.yaml declares it. Paths are relative to that file. A key is always a reference, never a
 * value.
 */
export type ProposerConfig =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "workflow"; readonly file: string }
  | {
      readonly kind: "cassette";
      readonly file: string;
      readonly model: string;
      readonly repairRounds: number;
      readonly reads: "public" | "internal";
    }
  | {
      readonly kind: "model";
      readonly baseUrl: string;
      readonly model: string;
      readonly apiKey: string | null;
      /** How often a refused answer goes back to the proposer with the checker's problems. */
      readonly repairRounds: number;
      readonly timeoutMs: number;
      /** `public`: the domain alone. `internal`: also the current facts and the properties of the inventory. */
      readonly reads: "public" | "internal";
    };

const proposerKinds = ["file", "workflow", "cassette", "model"] as const;
const path = text({ charsMin: 1, charsMax: 1_000 });
const modelName = text({ charsMin: 1, charsMax: 256 });
const repairRounds = withDefault(integer({ min: 0, max: 5 }), 2);
const reads = withDefault(oneOf(["public", "internal"]), "internal" as const);
const baseUrl = text({
  charsMin: 1,
  charsMax: 1_000,
  pattern: /^https?:\/\/[^\s@]+$/,
  says: "an http(s) address without credentials, such as `http://127.0.0.1:11434/v1`",
  mayHoldSecret: true,
});

const file = object({ kind: oneOf(["file"]), file: path });
const workflow = object({ kind: oneOf(["workflow"]), file: path });
const cassette = object({ kind: oneOf(["cassette"]), file: path, model: modelName, repairRounds, reads });
const model = object({
  kind: oneOf(["model"]),
  baseUrl,
  model: modelName,
  apiKey: optional(secretReference),
  repairRounds,
  timeout: withDefault(duration(), 120_000),
  reads,
});

/** One entry of `proposers` in interlock.yaml. */
export const proposerConfig: Parser<ProposerConfig> = (value, at) => {
  if (!isJsonObject(value)) return refuseKind(at, "a proposer", value);
  switch (value["kind"]) {
    case "file":
      return file(value, at);
    case "workflow":
      return workflow(value, at);
    case "cassette":
      return cassette(value, at);
    case "model": {
      const read = model(value, at);
      if (read === undefined) return undefined;
      const { timeout, apiKey, ...rest } = read;
      return { ...rest, apiKey: apiKey ?? null, timeoutMs: timeout };
    }
    default:
      return refuseAt(at, "E_SCHEMA", `a proposer's \`kind\` is one of ${proposerKinds.join(", ")}`);
  }
};
