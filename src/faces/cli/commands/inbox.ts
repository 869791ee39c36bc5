import type { Command } from "commander";
import { column, joined, type ScreenText, screen, sentence } from "../../../core/value/screen.ts";
import type { Inbox, InboxItem, ToldOf } from "../../../interlock.ts";
import type { GlobalOptions, RunCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findMissingStore, withInterlock } from "../door.ts";
import { printDocument, refuse } from "../report.ts";
import { showTime } from "../show-time.ts";
import { wordNext } from "../word-next.ts";

/** `interlock inbox`: what waits for whom, since when, and what to type next. */
export function registerInbox(program: Command, run: RunCommand): void {
  program
    .command("inbox")
    .description(
      "list what waits for a person, the oldest first: plans for approval, runs for a word, incidents that were " +
        "handed over, and notifications that were not delivered. A plan is listed for a week",
    )
    .option("--for <name>", "only what waits for this person, or for anybody")
    .option("--json", "one JSON document")
    .action((options: { for?: string; json?: boolean }) =>
      run((context, globals) =>
        inboxCommand(context, globals, { whom: options.for ?? null, json: options.json === true }),
      ),
    );
}

function inboxCommand(
  context: CliContext,
  globals: GlobalOptions,
  { whom, json }: { readonly whom: string | null; readonly json: boolean },
): Promise<number> {
  return withInterlock(context, globals, { json }, async (interlock) => {
    const missing = await findMissingStore(globals, interlock);
    if (missing !== null) return refuse(context, [missing], { json });
    const found = await interlock.inbox({ for: whom });
    if (!found.ok) return refuse(context, found.error, { json });
    const { items, held } = found.value;
    if (json) printDocument(context, { format: "interlock.inbox/1", items, held });
    else tell(context, found.value, whom);
    return 0;
  });
}

function tell(context: CliContext, { items, held, noStore }: Inbox, whom: string | null): void {
  if (noStore !== null) context.err(screen`${sentence(noStore.message)}\n`);
  if (held !== null) context.err(screen`the notifiers of interlock.yaml are told nothing: ${sentence(held.message)}\n`);
  if (items.length === 0) {
    context.out(whom === null ? screen`nothing waits for anybody\n` : screen`nothing waits for ${whom}\n`);
    return;
  }
  context.out(
    screen`${joined(
      items.map((item) => linesOf(context, item)),
      "\n\n",
    )}\n`,
  );
}

function linesOf(context: CliContext, item: InboxItem): ScreenText {
  const { bold } = context.colors;
  const whom = item.kind === "undelivered" ? "nobody can be told" : `for ${item.for ?? "anybody who may approve"}`;
  const [first, ...others] = item.next;
  const lines = [
    screen`${bold(whom)}  since ${showTime(item.sinceMs)}`,
    screen`  ${sentence(item.summary)}`,
    ...(item.told === null ? [] : toldLines(item.told)),
    ...(first === undefined ? [] : [screen`  ${column("next", 6)}${wordNext(context, first)}`]),
    ...others.map((step) => screen`  ${column("", 6)}${wordNext(context, step)}`),
  ];
  return joined(lines, "\n");
}

function toldLines({ delivered, undelivered, acknowledgedBy }: ToldOf): readonly ScreenText[] {
  const told = delivered.map(({ notifier, atMs }) => screen`${notifier} at ${showTime(atMs)}`);
  return [
    ...(told.length === 0 ? [screen`  told nobody yet`] : [screen`  told ${joined(told, ", ")}`]),
    ...undelivered.map(({ notifier, problem }) =>
      problem === null
        ? screen`  not told yet: ${notifier}`
        : screen`  not told: ${notifier}: ${sentence(problem.message)} (${problem.code})`,
    ),
    ...(acknowledgedBy === null ? [] : [screen`  acknowledged by ${acknowledgedBy}`]),
  ];
}
