import type { ChildProcess } from "node:child_process";
import { EPISODE } from "../src/contract/constants.ts";
import type { FaultName } from "../src/contract/faults.ts";
import { startProgram } from "./programs.ts";
import type { Response } from "./table.ts";
import type { OpenWorkplace } from "./workplace.ts";

/** What to break, and how to answer. */
export interface BreakOptions {
  readonly fault: FaultName;
  readonly seed: number;
  readonly approve: boolean;
  /** Print nothing about the progress of the response. */
  readonly quiet: boolean;
  readonly tell: (text: string) => void;
  /** Called with every line of the response's progress, and with its process. */
  readonly watch?: (line: string, responding: ChildProcess) => void;
}

/** What the responder of a demo that asks nobody may do to the shop. */
const shopActions: readonly string[] = [
  "service.scale",
  "service.roll_back",
  "service.roll_forward",
  "service.restore_breaker",
  "sessions.terminate_report",
];

/** The result, and when the fault began on the lab's clock. */
export interface Answered {
  readonly response: Response;
  readonly faultAtMs: number;
}

/** Otherwise an alert from before the fault would be answered instead of the next one. */
const quietBeforeMs = 40_000;
/** Under any fault the alert fires within seconds. A lab that stays silent this long is not broken. */
const alertWithinMs = 60_000;

/**
 * Waits until the lab is at rest, has `interlock respond` listen for its alert, breaks it, and lets the response run.
 */
export async function breakAndRespond(options: BreakOptions, workplace: OpenWorkplace): Promise<Answered> {
  const { lab, control } = workplace;
  await untilAtRest(workplace);
  const approval = options.approve
    ? []
    : ["--yes", ...shopActions.flatMap((action) => ["--target", `${action} service/shop`])];
  let listening: (url: string) => void = () => undefined;
  const address = new Promise<string>((resolve) => (listening = resolve));
  let isHeard = false;
  // The output of a program that has the terminal cannot be read. It is given a port instead, and asked whether it
  // listens.
  const port = options.approve ? 20_000 + Math.floor(Math.random() * 20_000) : 0;
  const responding = startProgram(
    { kind: "interlock", args: ["respond", "--webhook", String(port), "--proposer", "average", ...approval, "--json"] },
    workplace,
    {
      quiet: options.quiet,
      terminal: options.approve,
      hear: (line) => {
        const url = /waiting for an alert at (http:\/\/\S+)/.exec(line)?.[1];
        if (url === undefined) isHeard = true;
        else listening(url);
        options.watch?.(line, responding.process);
      },
    },
  );
  if (options.approve) void untilListening(`http://127.0.0.1:${port}/`).then(listening);
  const url = await Promise.race([
    address,
    responding.ended.then(({ exitCode }) =>
      Promise.reject(new Error(`the response did not begin to listen (${exitCode})`)),
    ),
  ]);
  await lab.setWebhook(url);
  options.tell("breaking it, in a way nobody is told …");
  const { faultAtMs } = await control.injectFault(options.fault, options.seed);
  const silence = setTimeout(() => {
    if (!isHeard && !options.approve) responding.process.kill("SIGTERM");
  }, alertWithinMs);
  const ended = await responding.ended;
  clearTimeout(silence);
  if (ended.stdout === "")
    throw new Error(
      isHeard
        ? `the response ended with ${ended.exitCode} and said nothing`
        : "the lab raised no alert: the fault did not show",
    );
  // interlock.response/2
  return { response: JSON.parse(ended.stdout) as Response, faultAtMs };
}

async function untilAtRest({ lab }: OpenWorkplace): Promise<void> {
  for (;;) {
    const { clockMs, alert } = await lab.readStatus();
    if (clockMs >= EPISODE.warmupMs && alert.kind === "inactive") return;
    if (clockMs >= quietBeforeMs)
      throw new Error("the lab did not come to rest: the machine is too busy, try again under less load");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function untilListening(url: string): Promise<string> {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer !== null) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
