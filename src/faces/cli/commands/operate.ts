import { type Command, Option } from "commander";
import type { Principal } from "../../../core/approval/approval.ts";
import { type Problem, problem } from "../../../core/value/codes.ts";
import { quote, suggestName } from "../../../core/value/text.ts";
import type { OperatorControl } from "../../../owner/control/protocol.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";

interface OperateOptions {
  readonly reason?: string;
  readonly json?: boolean;
}

type Build = (runId: string, by: Principal) => OperatorControl;

/** `interlock stop|kill|rollback|close|resolve|answer|freeze|unfreeze`: a person's word to a run, or to the whole site. */
export function registerOperate(program: Command, run: RunCommand): void {
  const words = [
    ["stop", "stop a run after what is in flight"],
    ["rollback", "undo what a run did, in reverse order"],
    ["kill", "send nothing more at all, the way back included; a person takes over"],
    ["close", "end a run that waits for a person, as it stands"],
  ] as const;
  for (const [kind, description] of words) {
    addReason(
      program
        .command(kind)
        .argument("[run]", "a run's id, the beginning of one, or `last`", "last")
        .description(description),
    ).action((wanted: string, options: OperateOptions) =>
      run((context, globals) =>
        operate(context, globals, wanted, options, (runId, by) => ({ kind, runId, by, reason: options.reason ?? "" })),
      ),
    );
  }
  registerResolve(program, run);
  registerFreeze(program, run);
}

function registerResolve(program: Command, run: RunCommand): void {
  addReason(
    program
      .command("resolve")
      .argument("<run>", "a run's id, the beginning of one, or `last`")
      .argument("<step>", "the step in doubt, or that could not be undone"),
  )
    .addOption(
      new Option("--as <finding>", "what you found out at the target")
        .choices(["applied", "not_applied", "restored"])
        .makeOptionMandatory(),
    )
    .description("settle what is in doubt, or say that a dirty step was put back")
    .action(
      (wanted: string, stepId: string, options: OperateOptions & { as: "applied" | "not_applied" | "restored" }) =>
        run((context, globals) =>
          operate(context, globals, wanted, options, (runId, by) => ({
            kind: "resolve",
            runId,
            stepId,
            as: options.as,
            by,
            reason: options.reason ?? "",
          })),
        ),
    );
  addReason(
    program
      .command("answer")
      .argument("<run>", "a run's id, the beginning of one, or `last`")
      .argument("<step>", "the step that asks"),
  )
    .addOption(new Option("--as <answer>", "your answer").choices(["approved", "rejected"]).makeOptionMandatory())
    .description("answer a question that a run asks")
    .action((wanted: string, stepId: string, options: OperateOptions & { as: "approved" | "rejected" }) =>
      run((context, globals) =>
        operate(context, globals, wanted, options, (runId, by) => ({
          kind: "answer",
          runId,
          stepId,
          answer: options.as,
          by,
          reason: options.reason ?? "",
        })),
      ),
    );
}

function registerFreeze(program: Command, run: RunCommand): void {
  for (const kind of ["freeze", "unfreeze"] as const) {
    addReason(program.command(kind).argument("[scope]", "`*`, a domain, or an object such as `host/h1`", "*"))
      .description(
        kind === "freeze"
          ? "write nothing new in this scope until it is lifted; the way back stays open"
          : "lift a freeze",
      )
      .action((scope: string, options: OperateOptions) =>
        run(async (context, globals) => {
          const { operateSite } = await import("../operate.ts");
          // A misspelt scope would freeze nothing and say that it had. What is frozen can be lifted whatever its name.
          const unknown = kind === "freeze" ? await findScopeProblem(context, globals, scope) : null;
          if (unknown !== null)
            return (await import("../refuse-recorded.ts")).refuseRecorded(context, globals, "freeze", [unknown], {
              json: options.json === true,
            });
          return operateSite(
            context,
            globals,
            (by) => ({ kind, runId: null, scope, by, reason: options.reason ?? "" }),
            { json: options.json === true },
          );
        }),
      );
  }
}

/** What is wrong with a scope that the pack does not have; a pack that cannot be read is no reason not to freeze. */
async function findScopeProblem(context: CliContext, globals: GlobalOptions, scope: string): Promise<Problem | null> {
  const { openCliSite } = await import("../open-site.ts");
  const site = await openCliSite(context, globals);
  if (!site.ok) return null;
  const { domain } = site.value.pack;
  const known = [
    "*",
    domain.name,
    ...domain.inventory.map(({ type, id }) => `${type}/${id}`),
    ...domain.actions.flatMap(({ locks }) => locks),
  ];
  return known.includes(scope)
    ? null
    : problem(
        "E_USAGE",
        "",
        `nothing here is called ${quote(scope)}: it would freeze nothing`,
        suggestName(scope, known),
      );
}

function addReason(command: Command): Command {
  return command.option("--reason <text>", "why; it stands in the log").option("--json", "one JSON document");
}

async function operate(
  context: CliContext,
  globals: GlobalOptions,
  wanted: string,
  options: OperateOptions,
  build: Build,
): Promise<number> {
  const { operateRun } = await import("../operate.ts");
  return operateRun(context, globals, wanted, build, { json: options.json === true });
}
