import { join, resolve } from "node:path";
import type { Plan } from "../../core/plan/plan.ts";
import { type OutlookTerms, outlookOf } from "../../core/proof/outlook.ts";
import { type Problem, problem } from "../../core/value/codes.ts";
import { limits } from "../../core/value/limits.ts";
import { quote } from "../../core/value/text.ts";
import { readRegular } from "../../intake/read-file.ts";
import { readYamlFile } from "../../packs/read-yaml-file.ts";
import { parseSiteConfig } from "../../packs/site-config.ts";
import { isSituation } from "../site/check.ts";
import type { Site } from "../site/site.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** Whether anything that a site knows bears on the risks of a plan: only where it waits, asks or probes. */
function needsTerms({ steps }: Plan): boolean {
  return steps.some(({ kind }) => kind === "wait" || kind === "approve" || kind === "probe");
}

/** What a place knows that bears on the risks of a plan; nothing where its site cannot be read. */
export async function termsOf(place: Workplace, plan: Plan): Promise<OutlookTerms> {
  if (!needsTerms(plan)) return { approvalMs: null, models: [] };
  // Only what a probe answers bears on a model of the pack. A pack over a thousand objects takes long to read.
  if (!hasProbe(plan)) return { approvalMs: approvalMsOf(place), models: [] };
  const site = siteOf(place);
  return site.ok ? readTerms(site.value, plan) : { approvalMs: null, models: [] };
}

function hasProbe({ steps }: Plan): boolean {
  return steps.some(({ kind }) => kind === "probe");
}

function approvalMsOf({ configPath }: Workplace): number | null {
  const file = configPath === null ? null : readYamlFile(resolve(configPath));
  const config = file?.ok === true ? parseSiteConfig(file.value.value) : null;
  return config?.ok === true ? config.value.approvals.validForMs : null;
}

/** What a site knows that bears on the risks of a plan. */
async function readTerms(site: Site, plan: Plan): Promise<OutlookTerms> {
  return { approvalMs: site.config.approvals.validForMs, models: hasProbe(plan) ? await readModels(site) : [] };
}

/**
 * Every risk of a plan that its site refuses (`approvals.refuseRisks`), as a problem each. A way back is never refused.
 */
export async function findRefusedRisks(site: Site, plan: Plan): Promise<readonly Problem[]> {
  const { refuseRisks = [] } = site.config.approvals;
  if (refuseRisks.length === 0 || plan.proposer.kind === "recovery") return [];
  const { risks } = outlookOf(plan, await readTerms(site, plan));
  return risks
    .filter(({ code }) => refuseRisks.includes(code))
    .map(({ code, text }) =>
      problem("E_RISK_REFUSED", "", `this site refuses plans with the risk ${quote(code)}: ${text}`),
    );
}

/** A situation that cannot be read is told by `check`, and says nothing of this plan. */
async function readModels({ pack }: Site): Promise<OutlookTerms["models"]> {
  const files = pack.files.filter(isSituation);
  if (files.length === 0) return [];
  const [{ readFittingSituation }, { modelledResponses }] = await Promise.all([
    import("../../packs/read-situation.ts"),
    import("./modelled-responses.ts"),
  ]);
  return files.flatMap((file) => {
    const bytes = readRegular(join(pack.folder, file), { bytesMax: limits.bodyBytesMax });
    const read = bytes.ok ? readFittingSituation(bytes.value, pack.domain) : bytes;
    return read.ok ? modelledResponses(read.value.situation) : [];
  });
}
