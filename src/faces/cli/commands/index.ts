import type { RegisterCommand } from "../command.ts";

/** A file of commands: the names that it registers, and how to load it. */
export interface CommandFile {
  readonly names: readonly string[];
  readonly load: () => Promise<RegisterCommand>;
}

/** Commands under one heading of `interlock help`. */
interface CommandGroup {
  readonly heading: string;
  readonly files: readonly CommandFile[];
}

/** Every command, in the order in which a change passes through them. `interlock help` shows the same order. */
const groups: readonly CommandGroup[] = [
  {
    heading: "A site:",
    files: [
      { names: ["init"], load: async () => (await import("./init.ts")).registerInit },
      { names: ["identity"], load: async () => (await import("./identity.ts")).registerIdentity },
      { names: ["trust"], load: async () => (await import("./trust.ts")).registerTrust },
      { names: ["doctor"], load: async () => (await import("./doctor.ts")).registerDoctor },
      { names: ["config"], load: async () => (await import("./config.ts")).registerConfig },
    ],
  },
  {
    heading: "Proposal to plan:",
    files: [
      { names: ["check"], load: async () => (await import("./check.ts")).registerCheck },
      { names: ["actions"], load: async () => (await import("./actions.ts")).registerActions },
      { names: ["propose"], load: async () => (await import("./propose.ts")).registerPropose },
      { names: ["plan"], load: async () => (await import("./plan.ts")).registerPlan },
      { names: ["plans"], load: async () => (await import("./plans.ts")).registerPlans },
      { names: ["show", "diff"], load: async () => (await import("./show.ts")).registerShow },
    ],
  },
  {
    heading: "Decision under uncertainty:",
    files: [
      { names: ["decide"], load: async () => (await import("./decide/command.ts")).registerDecide },
      { names: ["calibrate"], load: async () => (await import("./calibrate/command.ts")).registerCalibrate },
    ],
  },
  {
    heading: "Plan to approval to run:",
    files: [
      { names: ["approve", "reject"], load: async () => (await import("./approve.ts")).registerApprove },
      { names: ["grant", "grants"], load: async () => (await import("./grant.ts")).registerGrant },
      { names: ["apply"], load: async () => (await import("./apply.ts")).registerApply },
      { names: ["respond"], load: async () => (await import("./respond/command.ts")).registerRespond },
      { names: ["observe"], load: async () => (await import("./observe.ts")).registerObserve },
      { names: ["resume"], load: async () => (await import("./resume.ts")).registerResume },
    ],
  },
  {
    heading: "People:",
    files: [
      { names: ["inbox"], load: async () => (await import("./inbox.ts")).registerInbox },
      { names: ["acknowledge"], load: async () => (await import("./acknowledge.ts")).registerAcknowledge },
      { names: ["notify"], load: async () => (await import("./notify.ts")).registerNotify },
    ],
  },
  {
    heading: "Runs:",
    files: [
      { names: ["runs"], load: async () => (await import("./runs.ts")).registerRuns },
      { names: ["watch"], load: async () => (await import("./watch.ts")).registerWatch },
      {
        names: ["stop", "rollback", "kill", "close", "resolve", "answer", "freeze", "unfreeze", "anchor"],
        load: async () => (await import("./operate.ts")).registerOperate,
      },
      { names: ["locks"], load: async () => (await import("./locks.ts")).registerLocks },
      { names: ["metrics"], load: async () => (await import("./metrics.ts")).registerMetrics },
    ],
  },
  {
    heading: "Log:",
    files: [
      { names: ["explain"], load: async () => (await import("./explain.ts")).registerExplain },
      { names: ["report-fault"], load: async () => (await import("./report-fault.ts")).registerReportFault },
      { names: ["replay"], load: async () => (await import("./replay.ts")).registerReplay },
      { names: ["log"], load: async () => (await import("./log.ts")).registerLog },
      { names: ["store"], load: async () => (await import("./store/command.ts")).registerStore },
    ],
  },
];

/**
 * The commands that a command line needs. If it begins with a command's name, only that command's file is loaded.
 * Anything else may need all of them: help, options that come first, a mistyped name, completion.
 */
export async function loadCommands(firstWord: string | undefined): Promise<readonly RegisterCommand[]> {
  const file = commandFiles().find(({ names }) => names.some((name) => name === firstWord));
  if (file !== undefined) return [await file.load()];
  const { registerCompletion } = await import("./completion.ts");
  const loaded = await Promise.all(groups.map(loadGroup));
  return [...loaded.flat(), under("Others:"), registerCompletion];
}

async function loadGroup({ heading, files }: CommandGroup): Promise<readonly RegisterCommand[]> {
  return [under(heading), ...(await Promise.all(files.map(({ load }) => load())))];
}

/** Puts the commands that follow under this heading of `interlock help`. */
function under(heading: string): RegisterCommand {
  return (program) => void program.commandsGroup(heading);
}

/** Every file of commands that is loaded only when one of its commands is called. */
export function commandFiles(): readonly CommandFile[] {
  return groups.flatMap(({ files }) => files);
}
