import { rmSync } from "node:fs";

import { installPostgres } from "./install.ts";
import { type PostgresServer, startPostgres } from "./server.ts";

/** What the guardian is told and what it answers. */
export interface GuardianConfig {
  readonly directory: string;
  readonly user: string;
  readonly password: string;
}
/** The guardian's report. */
export type GuardianReport =
  | { readonly kind: "ready"; readonly port: number; readonly postgresPid: number }
  | { readonly kind: "failed"; readonly message: string };

/*
 * PostgreSQL does not notice when the process that started it dies. This small process does: it shares only a pipe with
 * the supervisor, and when that closes, it ends the server and removes its directory.
 */
let server: PostgresServer | undefined;
let directory: string | undefined;
let isEnding = false;

process.once("message", (config) => {
  void begin(config as GuardianConfig); // the supervisor's one message
});
process.on("disconnect", () => void end());
if (!process.connected) process.exit(0);
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => void end());

async function begin(config: GuardianConfig): Promise<void> {
  directory = config.directory;
  try {
    const install = await installPostgres(config.directory, config);
    // The supervisor may have died while we were installing.
    if (isEnding) return;
    server = await startPostgres(install, { user: config.user, password: config.password });
    server.process.once("exit", () => void end());
    if (isEnding) return void server.process.kill("SIGQUIT");
    report({ kind: "ready", port: server.port, postgresPid: server.process.pid ?? 0 });
  } catch (error) {
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

function report(message: GuardianReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const child = server?.process;
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    const isOver = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGQUIT"); // immediate shutdown: nothing is worth a checkpoint
    const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await isOver;
    clearTimeout(impatience);
  }
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(0);
}
