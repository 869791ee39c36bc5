import type { Command } from "commander";
import { collect } from "../collect.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { printDocument, refuse } from "../report.ts";

/** `interlock actions list|test`: what may be done here, and earning reversibility. */
export function registerActions(program: Command, run: RunCommand): void {
  const actions = program.command("actions").description("what the domain lets you do, and which ways back were tried");
  actions
    .command("list")
    .description("list the domain's actions: class, target, arguments, and whether reversible is earned")
    .option("--json", "one JSON document")
    .action((options: { json?: boolean }) =>
      run((context, globals) => listCommand(context, globals, { json: options.json === true })),
    );
  actions
    .command("test")
    .argument("<action>", "an action declared reversible")
    .description("do the action on the real target and undo it; its success is recorded and makes it reversible")
    .option("--arg <name=json>", "an argument, once each", collect, [])
    .option("--as <identity>", "which of your keys approves the round trip (default: the only one)")
    .option("--target <name>", "the target's name, typed, where no terminal can ask for it", collect, [])
    .option("--yes", "do not ask once more before signing")
    .option("--json", "one JSON document")
    .action(
      (
        action: string,
        options: { arg: readonly string[]; as?: string; target: readonly string[]; yes?: boolean; json?: boolean },
      ) =>
        run(async (context, globals) => {
          const { testAction } = await import("../test-action.ts");
          return testAction(context, globals, action, {
            args: options.arg,
            as: options.as ?? null,
            target: options.target,
            yes: options.yes === true,
            json: options.json === true,
          });
        }),
    );
}

async function listCommand(
  context: CliContext,
  globals: GlobalOptions,
  options: { readonly json: boolean },
): Promise<number> {
  const { openCliSite, readCliRecords } = await import("../open-site.ts");
  const { actionDigest } = await import("../../../core/domain/domain-digest.ts");
  const { indexDomain } = await import("../../../core/domain/domain-index.ts");
  const { describeWholeType } = await import("../../../core/plan/show/describe-value.ts");
  const site = await openCliSite(context, globals);
  if (!site.ok) return refuse(context, site.error, options);
  const records = await readCliRecords(context, globals);
  if (!records.ok) return refuse(context, records.error, options);
  const { domain } = site.value.pack;
  const index = indexDomain(domain);
  const rows = domain.actions.map((action) => ({
    name: action.name,
    summary: action.summary,
    class: action.class,
    target: action.target?.type ?? null,
    earned: action.class === "reversible" && records.value.roundTrips.includes(actionDigest(action, index)),
    input: action.input.map(({ name, type }) => ({ name, type })),
  }));
  if (options.json) printDocument(context, { format: "interlock.actions/1", domain: domain.name, actions: rows });
  for (const row of options.json ? [] : rows) {
    const earned =
      row.class !== "reversible"
        ? ""
        : row.earned
          ? " (way back tried)"
          : ` (way back never tried: interlock actions test ${row.name})`;
    context.out(
      `${row.name}  ${row.class}${earned}\n${row.summary === "" ? "" : `    ${row.summary}\n`}    on ${row.target ?? "the domain"}\n`,
    );
    for (const { name, type } of row.input) context.out(`    ${name}: ${describeWholeType(type)}\n`);
  }
  return 0;
}
