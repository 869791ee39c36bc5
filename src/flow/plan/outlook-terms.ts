import { join } from "node:path";
import type { Plan } from "../../core/plan/plan.ts";
import type { OutlookTerms } from "../../core/proof/outlook.ts";
import { limits } from "../../core/value/limits.ts";
import { readRegular } from "../../intake/read-file.ts";
import { isSituation } from "../site/check.ts";
import type { Site } from "../site/site.ts";
import { siteOf, type Workplace } from "../site/workplace.ts";

/** What the site knows that bears on the risks of a plan. It is read only for a plan that waits, asks or probes. */
export async function readTerms(place: Workplace, plan: Plan): Promise<OutlookTerms> {
  const hasProbe = plan.steps.some(({ kind }) => kind === "probe");
  const hasPause = plan.steps.some(({ kind }) => kind === "wait" || kind === "approve");
  const site = hasProbe || hasPause ? siteOf(place) : null;
  if (site === null || !site.ok) return { approvalMs: null, models: [] };
  const approvalMs = site.value.config.approvals.validForMs;
  return { approvalMs, models: hasProbe ? await readModels(site.value) : [] };
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
