import { type Digest, shortDigest } from "./digest.ts";
import { assertNever } from "./invariant.ts";
import type { NextStep, Resolution } from "./next-step.ts";
import { quoteForShell } from "./quote-for-shell.ts";

/** A next step as the words of the command that takes it. Words in capitals stand for what only the person knows. */
export function commandOf(next: NextStep): readonly string[] {
  switch (next.do) {
    case "read_help":
      return ["help"];
    case "init":
    case "trust":
    case "grant":
      return [next.do];
    case "create_identity":
      return ["identity", "create", "NAME"];
    case "list_identities":
      return ["identity", "list"];
    case "plan":
      return ["plan", "PROPOSAL", ...(next.input === undefined ? [] : ["--input", `${quoteForShell(next.input)}=…`])];
    case "show_plan":
      return ["show", next.plan === undefined ? "last" : planName(next.plan)];
    case "approve":
    case "apply":
      return [next.do, ...(next.plan === undefined ? [] : [planName(next.plan)])];
    case "approve_naming_targets":
      return ["approve", ...(next.plan === undefined ? [] : [planName(next.plan)]), "--target", "'ACTION TARGET'"];
    case "list_grants":
      return ["grants"];
    case "list_runs":
      return ["runs"];
    case "list_plans":
      return ["plans"];
    case "watch":
    case "explain":
    case "resume":
      return [next.do, ...optional(next.run)];
    case "answer":
    case "stop":
    case "close":
    case "resolve":
      return wordOnRun(next);
    case "show_locks":
      return ["locks"];
    case "unfreeze":
      return ["unfreeze", ...optional(next.scope)];
    case "anchor_clock":
      return ["anchor", "--reason", "WHY"];
    case "list_trust":
      return ["trust", "--list"];
    case "accept_log":
      return ["anchor", "--log", "--reason", "WHY"];
    case "test_action":
      return ["actions", "test", quoteForShell(next.action ?? "ACTION")];
    case "decide":
      return ["decide", quoteForShell(next.situation ?? "SITUATION")];
    case "verify_log":
      return ["log", "verify"];
    case "archive_bodies":
      return ["store", "archive"];
    case "list_archives":
      return ["store", "archives"];
    case "upgrade_store":
      return ["store", "upgrade"];
    case "list_inbox":
      return ["inbox"];
    case "acknowledge":
      return ["acknowledge", next.notification ?? "ID"];
    case "deliver_notifications":
      return ["notify"];
    case "restore_bodies":
      return ["store", "restore", "--run", quoteForShell(next.run ?? "RUN")];
    default:
      return assertNever(next);
  }
}

type WordOnRun = Extract<NextStep, { readonly do: "answer" | "stop" | "close" | "resolve" }>;

const resolutions: readonly Resolution[] = ["applied", "not_applied", "restored"];

/** What a person says to a run. A choice is quoted, so that a shell that it is pasted into begins no pipe. */
function wordOnRun(next: WordOnRun): readonly string[] {
  const run = quoteForShell(next.run ?? "RUN");
  switch (next.do) {
    case "answer":
      return ["answer", run, quoteForShell(next.step ?? "STEP"), "--as", "'approved|rejected'"];
    case "stop":
      return ["stop", run];
    case "close":
      return ["close", run, "--reason", "WHY"];
    case "resolve": {
      const as = next.as ?? quoteForShell((next.choices ?? resolutions).join("|"));
      return ["resolve", run, quoteForShell(next.step ?? "STEP"), "--as", as, "--reason", "WHY"];
    }
    default:
      return assertNever(next);
  }
}

/** The short name of a plan. */
function planName(hash: Digest): string {
  return `pl_${shortDigest(hash)}`;
}

function optional(argument: string | undefined): readonly string[] {
  return argument === undefined ? [] : [quoteForShell(argument)];
}
