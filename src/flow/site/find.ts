import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { planFileText, planHashOf } from "../../core/plan/plan-hash.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, shortDigest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { limits } from "../../core/value/limits.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import { readRegular } from "../../intake/read-file.ts";
import { findLastPlan, type PlanUse } from "./last-plan.ts";
import { planPrefix } from "./plan-name.ts";
import type { SiteLog } from "./site-log.ts";

/** A plan that was compiled here, with its hash. */
export interface FoundPlan {
  readonly plan: Plan;
  readonly planHash: Digest;
}

/** A shorter beginning of a hash names nothing. The short form that people copy has twelve digits, as in git. */
const prefixCharsMin = 6;
/** As many as fit on a line. */
const namedMax = 4;

/** Which plan is wanted, by whom, and what for. */
export interface WantedPlan {
  readonly plan: string;
  readonly actor: Principal;
  /** By default `review`. It changes only what `last` means. */
  readonly use?: PlanUse;
}

/**
 * A plan by its id (`pl_` and the beginning of its hash), by the beginning of its hash, by `last` (see `findLastPlan`),
 * or by the absolute path of its file. A file counts only if its bytes are those that were written: the plan that runs
 * is the one beside the log.
 */
export async function findPlan(
  log: SiteLog,
  { plan: wanted, actor, use = "review" }: WantedPlan,
): Promise<Result<FoundPlan, Problem>> {
  if (wanted === "last") {
    const last = await findLastPlan(log, actor, use);
    return last.ok ? readPlan(log, last.value) : last;
  }
  const { plans } = await log.records();
  const hashes = plans.map(({ planHash }) => planHash);
  const prefix = planPrefix.exec(wanted)?.[1];
  return prefix !== undefined ? byPrefix(log, hashes, prefix) : byFile(log, hashes, wanted);
}

async function byPrefix(log: SiteLog, hashes: readonly Digest[], prefix: string): Promise<Result<FoundPlan, Problem>> {
  const found = [...new Set(hashes.filter((candidate) => candidate.startsWith(`sha256:${prefix}`)))];
  const [hash, another] = found;
  if (hash === undefined)
    return fail(problem("E_PLAN_UNKNOWN", "", `no plan that begins with ${quote(prefix)} was compiled here`));
  if (another !== undefined) {
    const names = found.slice(-namedMax).map((candidate) => `\`pl_${shortDigest(candidate)}\``);
    const more = found.length > namedMax ? " and more" : "";
    const message = `more than one plan begins with ${quote(prefix)}: ${names.join(", ")}${more}`;
    return fail(problem("E_PLAN_UNKNOWN", "", message, "write more of its hash", { do: "list_plans" }));
  }
  return readPlan(log, hash);
}

async function byFile(log: SiteLog, hashes: readonly Digest[], path: string): Promise<Result<FoundPlan, Problem>> {
  const bytes = readPlanFile(path);
  if (!bytes.ok) return bytes;
  const value = parseJson(bytes.value);
  if (!value.ok) {
    // A refusal may not repeat what the file holds: the file may have been named by mistake.
    const place = /^line \d+, column \d+/.exec(value.error[0]?.message ?? "")?.[0];
    const where = place === undefined ? "" : ` (${place})`;
    const message = `${quote(path)} is not the file of a plan as it was written${where}`;
    return fail(problem(value.error[0]?.code ?? "E_JSON_INVALID", "", message, "name the plan by its hash"));
  }
  const planHash = planHashOf(value.value);
  if (planHash === null || !hashes.includes(planHash))
    return fail(
      problem(
        "E_FILE_CHANGED",
        "",
        `${quote(path)} is not a plan that was compiled here, or was edited since`,
        "see which plans were compiled here, and name one by its hash",
        { do: "list_plans" },
      ),
    );
  const found = await readPlan(log, planHash);
  if (!found.ok) return found;
  const isAsWritten = bytes.value.equals(Buffer.from(planFileText(found.value.plan)));
  if (isAsWritten) return found;
  const message = `${quote(path)} was edited since it was written`;
  return fail(
    problem("E_FILE_CHANGED", "", message, "review the plan by its hash", { do: "show_plan", plan: planHash }),
  );
}

async function readPlan(log: SiteLog, planHash: Digest): Promise<Result<FoundPlan, Problem>> {
  const plan = await log.plan(planHash);
  if (!plan.ok) return plan;
  return plan.value === null
    ? fail(problem("E_PLAN_UNKNOWN", "", "the plan's text is no longer kept here", "compile it again"))
    : ok({ plan: plan.value, planHash });
}

/** A plan of a thousand steps has about 5 MB. */
const planFileBytesMax = limits.planBytesMax;

/** The bytes of a regular file; a link could be changed between the review and now, and a pipe might never end. */
function readPlanFile(path: string): Result<Buffer, Problem> {
  const bytes = readRegular(path, { bytesMax: planFileBytesMax, links: "refused" });
  if (bytes.ok) return bytes;
  const { error } = bytes;
  const named = quote(path);
  switch (error.kind) {
    case "link": {
      const message = `${named} is a link and may lead elsewhere by now`;
      return fail(problem("E_FILE_CHANGED", "", message, "name the plan by its hash", { do: "list_plans" }));
    }
    case "system": {
      const { code } = error.fault;
      const isAbsent = code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG";
      const isFolder = code === "EISDIR";
      if (isFolder) break;
      return fail(
        unknownPlan(isAbsent ? `no plan and no file is called ${named}` : `${named} cannot be read (${code})`),
      );
    }
    default:
      break;
  }
  return fail(unknownPlan(`${named} is not the file of a plan`));
}

function unknownPlan(message: string): Problem {
  const hint = `name a plan by its id, by at least ${prefixCharsMin} digits of its hash, or as \`last\``;
  return problem("E_PLAN_UNKNOWN", "", message, hint);
}
