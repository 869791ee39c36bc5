import pg from "pg";

import { DATABASE } from "../contract/constants.ts";
import { type ChildService, createRegistry, gaugeOf, runChild } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";

runChild<"nightly-report">(startReport);

type Mode = "reading" | "locking";

/**
 * The nightly report: at rest a few sessions that only read; under the DB fault eight that hold the hot row.
 *
 * A session that the server terminates stays gone: the report has failed and runs again tomorrow.
 */
function startReport(config: ProcessConfigs["nightly-report"]): ChildService<"nightly-report"> {
  const registry = createRegistry("nightly-report");
  const sessions = new Set<pg.Client>();
  gaugeOf(registry, "reportSessions", (gauge) => gauge.set(sessions.size));
  let isPaused = false;
  let mode: Mode = "reading";
  let wantedCount = 0;

  async function runSession(): Promise<void> {
    const client = new pg.Client({
      ...config.database,
      host: "127.0.0.1",
      database: "lab",
      application_name: "nightly-report",
    });
    client.on("error", () => sessions.delete(client));
    sessions.add(client);
    try {
      await client.connect();
      while (!isPaused && sessions.has(client)) {
        if (mode === "locking") await holdHotRow(client);
        else await readAccounts(client);
      }
      await client.end();
    } catch {
      // Refused or terminated: this session is over.
    } finally {
      sessions.delete(client);
    }
  }

  function open(count: number): void {
    wantedCount = count;
    while (sessions.size < count) void runSession();
  }

  open(config.readerCount);
  return {
    registry,
    onOrder: (order) => {
      switch (order.kind) {
        case "lock":
          mode = "locking";
          open(DATABASE.reportSessionCount);
          return;
        case "pause":
          isPaused = true;
          return;
        case "resume":
          isPaused = false;
          open(wantedCount);
          return;
        default:
          order satisfies never;
      }
    },
  };
}

async function holdHotRow(client: pg.Client): Promise<void> {
  await client.query("begin");
  await client.query("select balance from accounts where id = 1 for update");
  await new Promise((resolve) => setTimeout(resolve, DATABASE.reportHoldMs));
  await client.query("commit");
}

async function readAccounts(client: pg.Client): Promise<void> {
  await client.query("select sum(balance) from accounts");
  await new Promise((resolve) => setTimeout(resolve, DATABASE.reportHoldMs));
}
