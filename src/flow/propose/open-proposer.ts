import { dirname, resolve } from "node:path";
import { type Problem, problem } from "../../core/value/codes.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { suggestName } from "../../core/value/text.ts";
import { unreadProblem } from "../../intake/bounds.ts";
import { readRegular } from "../../intake/read-file.ts";
import { proposalOutputSchema } from "../../packs/proposal-output-schema.ts";
import type { ProposerConfig } from "../../packs/proposer-config.ts";
import { readWorkflow } from "../../packs/read-workflow.ts";
import { createFileProposer, type Proposer, type ProposerSpec, startProposerProcess } from "../../propose/index.ts";
import type { Site } from "../site/site.ts";
import type { Workplace } from "../site/workplace.ts";

/** A started proposer, and how often it may repair its answer. */
export interface OpenProposer {
  readonly proposer: Proposer;
  readonly repairRounds: number;
  readonly readsFacts: boolean;
  close(): void;
}

/** The proposers of a site: those of interlock.yaml, and `default` if the environment names a model. */
function proposersOf(site: Site, environment: Workplace["environment"]): Readonly<Record<string, ProposerConfig>> {
  // A variable that is empty counts as not set.
  const baseUrl = environment["INTERLOCK_PROPOSER_URL"] ?? "";
  const model = environment["INTERLOCK_PROPOSER_MODEL"] ?? "";
  if (baseUrl === "" || model === "") return site.config.proposers;
  const apiKey = (environment["INTERLOCK_PROPOSER_KEY"] ?? "") === "" ? null : "env:INTERLOCK_PROPOSER_KEY";
  return {
    default: { kind: "model", baseUrl, model, apiKey, repairRounds: 2, timeoutMs: 120_000, reads: "internal" },
    ...site.config.proposers,
  };
}

/** Starts the named proposer in a process of its own; `null` means the only proposer. */
export async function openProposer(
  place: Pick<Workplace, "environment" | "ports">,
  site: Site,
  name: string | null,
): Promise<Result<OpenProposer, readonly Problem[]>> {
  const known = proposersOf(site, place.environment);
  const names = Object.keys(known);
  const [only, another] = names;
  const wanted = name ?? (another === undefined ? only : undefined);
  const config = wanted === undefined || !names.includes(wanted) ? undefined : known[wanted];
  if (wanted === undefined || config === undefined) {
    const message =
      name !== null
        ? `there is no proposer \`${name}\``
        : only === undefined
          ? "no proposer is configured"
          : "there is more than one proposer";
    return fail([
      problem(
        "E_PROPOSER_UNKNOWN",
        "",
        message,
        name !== null && only !== undefined
          ? suggestName(name, names)
          : only === undefined
            ? undefined
            : `choose one: ${names.join(", ")}`,
      ),
    ]);
  }
  const folder = dirname(site.configPath);
  if (config.kind === "file")
    return ok({
      proposer: createFileProposer(resolve(folder, config.file), process.stdin),
      repairRounds: 0,
      readsFacts: false,
      close: () => undefined,
    });
  const spec = await specOf(place, wanted, config, folder);
  if (!spec.ok) return spec;
  const started = startProposerProcess(spec.value, config.kind === "model" ? config.timeoutMs : 10_000);
  return ok({
    proposer: started.proposer,
    repairRounds: config.kind === "workflow" ? 0 : config.repairRounds,
    readsFacts: config.kind !== "workflow" && config.reads === "internal",
    close: started.close,
  });
}

async function specOf(
  { ports }: Pick<Workplace, "ports">,
  name: string,
  config: Exclude<ProposerConfig, { readonly kind: "file" }>,
  folder: string,
): Promise<Result<ProposerSpec, readonly Problem[]>> {
  switch (config.kind) {
    case "workflow": {
      const workflow = readWorkflow(resolve(folder, config.file));
      return workflow.ok ? ok({ kind: "workflow", workflow: workflow.value }) : workflow;
    }
    case "cassette": {
      const lines = readText(resolve(folder, config.file));
      return lines.ok
        ? ok({
            kind: "cassette",
            id: name,
            model: config.model,
            lines: lines.value,
            outputSchema: proposalOutputSchema(),
            confidentiality: config.reads,
          })
        : lines;
    }
    case "model": {
      const reference =
        config.apiKey?.startsWith("file:") === true
          ? `file:${resolve(folder, config.apiKey.slice("file:".length))}`
          : config.apiKey;
      const key = reference === null ? ok(null) : await ports.resolveSecret(reference);
      if (!key.ok) return fail([key.error]);
      const { baseUrl, model, reads } = config;
      return ok({
        kind: "model",
        id: name,
        baseUrl,
        model,
        apiKey: key.value,
        outputSchema: proposalOutputSchema(),
        confidentiality: reads,
      });
    }
  }
}

/** A cassette of a thousand long answers. */
const cassetteBytesMax = 64_000_000;

function readText(path: string): Result<string, readonly Problem[]> {
  const bytes = readRegular(path, { bytesMax: cassetteBytesMax });
  return bytes.ok ? ok(bytes.value.toString("utf8")) : fail([unreadProblem(path, bytes.error)]);
}
