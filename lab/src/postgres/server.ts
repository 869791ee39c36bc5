import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import pg from "pg";
import { DATABASE } from "../contract/constants.ts";
import { LabError } from "../lab-error.ts";
import { listen } from "../processes/child.ts";
import type { DatabaseAddress } from "../processes/messages.ts";
import { type PostgresInstall, postgresOwner } from "./install.ts";

const START_TIMEOUT_MS = 15_000;
const SPARE_CONNECTION_COUNT = 1;

/**
 * Settings: small, loopback only, no durability (the lab's data is worth nothing), no shared memory left in /dev/shm.
 * The monitor's connections come on top of the cap, so that watching never takes a connection from the watched; a spare
 * one stays reserved for superusers, as PostgreSQL refuses ordinary roles as soon as only reserved slots are free.
 */
function settingsOf(port: number): Readonly<Record<string, string | number>> {
  return {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: DATABASE.connectionCountMax + DATABASE.monitorConnectionCount + SPARE_CONNECTION_COUNT,
    superuser_reserved_connections: SPARE_CONNECTION_COUNT,
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    autovacuum: "off",
    shared_buffers: "16MB",
    max_wal_senders: 0,
    wal_level: "minimal",
    max_wal_size: "64MB",
    min_wal_size: "32MB",
    jit: "off",
    io_method: "sync",
    max_parallel_workers: 0,
    max_logical_replication_workers: 0,
    dynamic_shared_memory_type: "mmap",
    scram_iterations: 1,
    deadlock_timeout: "1s",
    log_min_messages: "fatal",
  };
}

/** A port that was free a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A running server. */
export interface PostgresServer {
  readonly process: ChildProcess;
  readonly port: number;
}

/**
 * Starts the server and waits until it answers; `fork` of its own group, so that a terminal's Ctrl-C does not reach it.
 */
export async function startPostgres(
  install: PostgresInstall,
  admin: Omit<DatabaseAddress, "port">,
): Promise<PostgresServer> {
  const port = await findFreePort();
  const args = Object.entries(settingsOf(port)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = openSync(join(install.directory, "postgres.log"), "a", 0o600);
  const child = spawn(join(install.binDirectory, "postgres"), ["-D", install.dataDirectory, ...args], {
    ...postgresOwner(),
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  await waitUntilReady(child, { ...admin, port });
  return { process: child, port };
}

async function waitUntilReady(child: ChildProcess, address: DatabaseAddress): Promise<void> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS;
  let lastMessage = "";
  while (performance.now() < giveUpAtMs && child.exitCode === null) {
    const client = new pg.Client({ ...address, host: "127.0.0.1", database: "postgres" });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      lastMessage = error instanceof Error ? error.message : String(error);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  child.kill("SIGKILL");
  throw new LabError(
    "E_LAB_START",
    `PostgreSQL did not answer: ${lastMessage}`,
    "see `postgres.log` in its directory, or start again",
  );
}
