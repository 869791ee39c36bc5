import { indexDomain } from "../../core/domain/domain-index.ts";
import { buildObservation } from "../../core/plan/compile/build-call.ts";
import type { Code, Problem } from "../../core/value/codes.ts";
import { observeObjects } from "../../engine/effects/perform-observe.ts";
import { resolveSecret } from "../../engine/effects/secrets.ts";
import type { Site } from "../../flow/site/site.ts";
import { identityFolder, listIdentities } from "../../identities/identity.ts";
import { openReader } from "../../log/sqlite/reader.ts";
import { verifyLog } from "../../log/verify-log.ts";
import type { RetentionConfig } from "../../packs/site-config.ts";
import type { GlobalOptions } from "./command.ts";
import type { CliContext } from "./context.ts";
import { describeLead, logTimeMs } from "./log-time.ts";
import { openCliSite, readCliRecords } from "./open-site.ts";
import { adviceOf } from "./report.ts";
import { storeFolder } from "./site.ts";

/** One thing that was looked at. `note`: nothing is wrong, and something could be missing. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "note" | "bad";
  readonly message: string;
  readonly hint: string;
  /** The refusal this is, which decides the exit code; `null` where nothing was refused. */
  readonly code: Code | null;
}

/** Looks at everything a first run needs; reads, and changes nothing. */
export async function examine(context: CliContext, globals: GlobalOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [examineNode()];
  const site = await openCliSite(context, globals);
  if (!site.ok) findings.push(...site.error.map((found) => fromProblem("site", found)));
  else {
    findings.push(
      good(
        "pack",
        `\`${site.value.pack.domain.name}\` ${site.value.pack.domain.version}, ${site.value.pack.domain.actions.length} actions, environment ${site.value.pack.domain.environment}`,
      ),
    );
    findings.push(await examineTrust(context, globals, site.value));
    findings.push(...(await examineConnections(site.value)));
  }
  findings.push(examineIdentities(context), examineStore(context, globals));
  const lead = describeLead(logTimeMs(context, globals));
  if (lead !== null)
    findings.push({
      what: "clock",
      state: "note",
      message: lead,
      hint: "correct the clock that is wrong: what it wrote into the log stays",
      code: null,
    });
  const late =
    site.ok && site.value.config.retention !== null
      ? examineRetention(context, globals, site.value.config.retention)
      : null;
  return late === null ? findings : [...findings, late];
}

/** Nothing goes by itself: whether the timer that should see to it does. A day late is not late. */
function examineRetention(context: CliContext, globals: GlobalOptions, { bodiesMs }: RetentionConfig): Finding | null {
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok) return null;
  try {
    const [due] = reader.value.removableRuns({
      endedBeforeMs: Date.now() - bodiesMs - 86_400_000,
      afterSeq: -1,
      limit: 1,
    });
    if (due === undefined) return good("retention", "nothing is kept for longer than interlock.yaml says");
    return {
      what: "retention",
      state: "note",
      message: `\`${due.runId}\`, and maybe others, is kept for longer than interlock.yaml says`,
      hint: "`interlock store archive`, by a timer",
      code: null,
    };
  } finally {
    reader.value.close();
  }
}

function examineNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew = major > 24 || (major === 24 && minor >= 15);
  return isNew
    ? good("node", process.version)
    : {
        what: "node",
        state: "bad",
        message: `${process.version} is too old`,
        hint: "use Node 24.15 or newer",
        code: null,
      };
}

async function examineTrust(context: CliContext, globals: GlobalOptions, site: Site): Promise<Finding> {
  const records = await readCliRecords(context, globals);
  if (!records.ok) return fromProblem("trust", records.error[0] as Problem);
  return records.value.trustedPacks.has(site.pack.digest)
    ? good("trust", "the pack is trusted as it is now")
    : {
        what: "trust",
        state: "note",
        message: "nobody has trusted the pack as it is now",
        hint: "look through it, then `interlock trust`",
        code: null,
      };
}

/** Reads one object of every type: whether the target answers, with the credentials that reading uses. */
async function examineConnections(site: Site): Promise<readonly Finding[]> {
  const index = indexDomain(site.pack.domain);
  const findings: Finding[] = [];
  for (const type of site.pack.domain.types) {
    const object = site.pack.domain.inventory.find((candidate) => candidate.type === type.name);
    if (type.observe === null || object === undefined) continue;
    const observation = buildObservation(`${object.type}/${object.id}`, index);
    if (observation === undefined) continue;
    const seen = await observeObjects([observation], {
      connections: site.connections,
      resolveSecret,
      signal: new AbortController().signal,
    });
    const what = `connection ${type.observe.uses.connection}`;
    findings.push(seen.ok ? good(what, `\`${object.type}/${object.id}\` can be read`) : fromProblem(what, seen.error));
  }
  return findings;
}

function examineIdentities(context: CliContext): Finding {
  const identities = listIdentities(identityFolder(context.environment));
  if (!identities.ok) return fromProblem("keys", identities.error);
  if (identities.value.length === 0)
    return {
      what: "keys",
      state: "note",
      message: "you have no key to approve with",
      hint: "`interlock identity create NAME`",
      code: null,
    };
  return good(
    "keys",
    identities.value.map(({ name, attended }) => `${name}${attended ? "" : " (unattended)"}`).join(", "),
  );
}

function examineStore(context: CliContext, globals: GlobalOptions): Finding {
  const reader = openReader(storeFolder(context, globals));
  if (!reader.ok)
    return reader.error.code === "E_INPUT_MISSING"
      ? {
          what: "log",
          state: "note",
          message: "there is no store yet",
          hint: "the first `interlock trust` begins one",
          code: null,
        }
      : fromProblem("log", reader.error);
  try {
    const verified = verifyLog(reader.value);
    return verified.ok ? good("log", `${verified.value.length} records hold`) : fromProblem("log", verified.error);
  } finally {
    reader.value.close();
  }
}

function good(what: string, message: string): Finding {
  return { what, state: "good", message, hint: "", code: null };
}

function fromProblem(what: string, found: Problem): Finding {
  return { what, state: "bad", message: `${found.code} ${found.message}`, hint: adviceOf(found), code: found.code };
}
