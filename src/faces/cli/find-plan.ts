import { existsSync, lstatSync } from "node:fs";
import { resolve } from "node:path";
import type { Plan } from "../../core/plan/plan.ts";
import { planFileText } from "../../core/plan/plan-hash.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { type Digest, digest } from "../../core/value/digest.ts";
import { parseJson } from "../../core/value/json.ts";
import { fail, ok, type Result } from "../../core/value/result.ts";
import { quote } from "../../core/value/text.ts";
import type { SiteRecords } from "../../flow/site/site-records.ts";
import type { LogSource } from "../../log/load-state.ts";
import { type CliContext, readInput } from "./context.ts";

/** A plan that was compiled here, with its name. */
export interface FoundPlan {
  readonly plan: Plan;
  readonly planHash: Digest;
}

/** Fewer digits of a hash name nothing; what a person copies has twelve, as in git. */
const prefixCharsMin = 6;

/**
 * A plan by its id (`pl_` and the beginning of its hash), by the beginning of its hash, by `last`, or by its file. A file counts
 * only if its bytes are those that were written: the plan that runs is the one beside the log.
 */
export async function findPlan(
  context: CliContext,
  records: SiteRecords,
  log: LogSource,
  wanted: string,
): Promise<Result<FoundPlan, Problem>> {
  if (wanted === "last") {
    const newest = records.plans.at(-1);
    return newest === undefined
      ? fail(problem("E_PLAN_UNKNOWN", "", "no plan was compiled here yet", "begin with `interlock plan PROPOSAL`"))
      : readPlan(log, newest.planHash);
  }
  const prefix = /^(?:pl_|sha256:)?([0-9a-f]{6,64})$/.exec(wanted)?.[1];
  if (prefix !== undefined && prefix.length >= prefixCharsMin) return byPrefix(records, log, prefix);
  return byFile(context, records, log, wanted);
}

function byPrefix(records: SiteRecords, log: LogSource, prefix: string): Result<FoundPlan, Problem> {
  const hashes = new Set(
    records.plans.map(({ planHash }) => planHash).filter((hash) => hash.startsWith(`sha256:${prefix}`)),
  );
  const [hash, another] = hashes;
  if (hash === undefined)
    return fail(problem("E_PLAN_UNKNOWN", "", `no plan that begins with ${quote(prefix)} was compiled here`));
  if (another !== undefined)
    return fail(problem("E_PLAN_UNKNOWN", "", `${quote(prefix)} begins more than one plan`, "write more of its hash"));
  return readPlan(log, hash);
}

async function byFile(
  context: CliContext,
  records: SiteRecords,
  log: LogSource,
  file: string,
): Promise<Result<FoundPlan, Problem>> {
  const path = resolve(context.cwd, file);
  // A link can be led elsewhere between the review and now.
  if (isLink(path))
    return fail(
      problem(
        "E_FILE_CHANGED",
        "",
        `${quote(file)} is a link and may lead elsewhere by now`,
        "name the plan by its hash",
      ),
    );
  if (!existsSync(path))
    return fail(
      problem(
        "E_PLAN_UNKNOWN",
        "",
        `no plan and no file is called ${quote(file)}`,
        `name a plan by its id, by at least ${prefixCharsMin} digits of its hash, or as \`last\``,
      ),
    );
  const bytes = await readInput(context, path);
  if (!bytes.ok) return bytes;
  const value = parseJson(bytes.value);
  if (!value.ok)
    return fail({
      ...(value.error[0] ?? problem("E_JSON_INVALID", "", "unreadable")),
      hint: "this is no plan's file as it was written: name the plan by its hash",
    });
  const planHash = digest("interlock.plan/1", value.value);
  const found = records.plans.some((record) => record.planHash === planHash)
    ? readPlan(log, planHash)
    : fail(problem("E_FILE_CHANGED", "", `${quote(file)} is no plan that was compiled here, or was edited since`));
  if (!found.ok) return found;
  const isAsWritten = Buffer.from(bytes.value).equals(Buffer.from(planFileText(found.value.plan)));
  return isAsWritten ? found : fail(problem("E_FILE_CHANGED", "", `${quote(file)} was edited since it was written`));
}

function readPlan(log: LogSource, planHash: Digest): Result<FoundPlan, Problem> {
  const value = log.document(planHash);
  if (value === null)
    return fail(problem("E_PLAN_UNKNOWN", "", "the plan's text is no longer kept here", "compile it again"));
  if (digest("interlock.plan/1", value) !== planHash)
    return fail(
      problem(
        "E_PLAN_DIGEST",
        "",
        "the plan beside the log is not the one its hash names",
        "see `interlock log verify`",
      ),
    );
  // Its hash is that of a plan which the gate compiled and recorded.
  return ok({ plan: value as unknown as Plan, planHash });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
