import { existsSync, lstatSync, readFileSync } from "node:fs";
import type { Principal } from "../../core/approval/approval.ts";
import type { Plan } from "../../core/plan/plan.ts";
import { planFileText, planHashOf } from "../../core/plan/plan-hash.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import type { Digest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { RunRow } from "../../log/run-index.ts";
import { findLastPlan, type PlanUse } from "./last-plan.ts";
import type { SiteLog } from "./site-log.ts";

/** A plan that was compiled here, with its hash. */
export interface FoundPlan {
  readonly plan: Plan;
  readonly planHash: Digest;
}

/** A shorter beginning of a hash names nothing. The short form that people copy has twelve digits, as in git. */
const prefixCharsMin = 6;

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
  const prefix = /^(?:pl_|sha256:)?([0-9a-f]{6,64})$/.exec(wanted)?.[1];
  return prefix !== undefined ? byPrefix(log, hashes, prefix) : byFile(log, hashes, wanted);
}

async function byPrefix(log: SiteLog, hashes: readonly Digest[], prefix: string): Promise<Result<FoundPlan, Problem>> {
  const [hash, another] = new Set(hashes.filter((candidate) => candidate.startsWith(`sha256:${prefix}`)));
  if (hash === undefined)
    return fail(problem("E_PLAN_UNKNOWN", "", `no plan that begins with ${quote(prefix)} was compiled here`));
  if (another !== undefined)
    return fail(problem("E_PLAN_UNKNOWN", "", `${quote(prefix)} begins more than one plan`, "write more of its hash"));
  return readPlan(log, hash);
}

async function byFile(log: SiteLog, hashes: readonly Digest[], path: string): Promise<Result<FoundPlan, Problem>> {
  // A link could be changed between the review and now.
  if (isLink(path))
    return fail(
      problem(
        "E_FILE_CHANGED",
        "",
        `${quote(path)} is a link and may lead elsewhere by now`,
        "name the plan by its hash",
      ),
    );
  if (!existsSync(path))
    return fail(
      problem(
        "E_PLAN_UNKNOWN",
        "",
        `no plan and no file is called ${quote(path)}`,
        `name a plan by its id, by at least ${prefixCharsMin} digits of its hash, or as \`last\``,
      ),
    );
  const bytes = readFileSync(path);
  const value = parseJson(bytes);
  if (!value.ok)
    return fail({
      ...(value.error[0] ?? problem("E_JSON_INVALID", "", "unreadable")),
      hint: "this is not the file of a plan as it was written: name the plan by its hash",
    });
  const planHash = planHashOf(value.value);
  if (planHash === null || !hashes.includes(planHash))
    return fail(
      problem("E_FILE_CHANGED", "", `${quote(path)} is not a plan that was compiled here, or was edited since`),
    );
  const found = await readPlan(log, planHash);
  if (!found.ok) return found;
  const isAsWritten = bytes.equals(Buffer.from(planFileText(found.value.plan)));
  return isAsWritten ? found : fail(problem("E_FILE_CHANGED", "", `${quote(path)} was edited since it was written`));
}

async function readPlan(log: SiteLog, planHash: Digest): Promise<Result<FoundPlan, Problem>> {
  const plan = await log.plan(planHash);
  if (!plan.ok) return plan;
  return plan.value === null
    ? fail(problem("E_PLAN_UNKNOWN", "", "the plan's text is no longer kept here", "compile it again"))
    : ok({ plan: plan.value, planHash });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** A run by its id, by the beginning of its id, or by `last`. */
export async function findRun(log: SiteLog, wanted: string): Promise<Result<RunRow, Problem>> {
  const rows =
    wanted === "last"
      ? log.lists.runs({ state: null, beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 })
      : log.lists.runsByPrefix(wanted.startsWith("run_") ? wanted : `run_${wanted}`);
  const [row, another] = rows;
  if (row === undefined)
    return fail(
      problem("E_RUN_UNKNOWN", "", wanted === "last" ? "there is no run yet" : `there is no run ${quote(wanted)}`),
    );
  if (another !== undefined && row.runId !== wanted)
    return fail(problem("E_RUN_UNKNOWN", "", `${quote(wanted)} begins more than one run`, "write more of its id"));
  return ok(row);
}
