import type { RegisterCommand } from "../command.ts";
import { registerActions } from "./actions.ts";
import { registerApply } from "./apply.ts";
import { registerApprove } from "./approve.ts";
import { registerCalibrate } from "./calibrate.ts";
import { registerCheck } from "./check.ts";
import { registerCompletion } from "./completion.ts";
import { registerConfig } from "./config.ts";
import { registerDecide } from "./decide.ts";
import { registerDoctor } from "./doctor.ts";
import { registerExplain } from "./explain.ts";
import { registerGrant } from "./grant.ts";
import { registerIdentity } from "./identity.ts";
import { registerInit } from "./init.ts";
import { registerLocks } from "./locks.ts";
import { registerLog } from "./log.ts";
import { registerMetrics } from "./metrics.ts";
import { registerOperate } from "./operate.ts";
import { registerPlan } from "./plan.ts";
import { registerPropose } from "./propose.ts";
import { registerReplay } from "./replay.ts";
import { registerRespond } from "./respond/command.ts";
import { registerResume } from "./resume.ts";
import { registerRuns } from "./runs.ts";
import { registerShow } from "./show.ts";
import { registerStore } from "./store.ts";
import { registerTrust } from "./trust.ts";
import { registerWatch } from "./watch.ts";

/** The commands that follow stand under this heading of `interlock help`. */
function under(heading: string): RegisterCommand {
  return (program) => void program.commandsGroup(heading);
}

/** Every command, in the order of the data's way: the order of `interlock help`. */
export const commands: readonly RegisterCommand[] = [
  under("A site:"),
  registerInit,
  registerIdentity,
  registerTrust,
  registerDoctor,
  registerConfig,
  under("Proposal to plan:"),
  registerCheck,
  registerActions,
  registerPropose,
  registerPlan,
  registerShow,
  under("Decision under uncertainty:"),
  registerDecide,
  registerCalibrate,
  under("Plan to approval to run:"),
  registerApprove,
  registerGrant,
  registerApply,
  registerRespond,
  registerResume,
  under("Runs:"),
  registerRuns,
  registerWatch,
  registerOperate,
  registerLocks,
  registerMetrics,
  under("Log:"),
  registerExplain,
  registerReplay,
  registerLog,
  registerStore,
  under("Others:"),
  registerCompletion,
];
