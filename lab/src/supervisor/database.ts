import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { DATABASE } from "../contract/constants.ts";
import { ROLES, type Role } from "../contract/window.ts";
import { LabError } from "../lab-error.ts";
import type { GuardianReport } from "../postgres/guardian.ts";
import { makeDirectory } from "../postgres/install.ts";
import { createRoles, createSchema } from "../postgres/schema.ts";
import { readProcessStart, writeOwner } from "../postgres/sweep.ts";
import type { DatabaseAddress } from "../processes/messages.ts";
import { childEnvironment } from "./spawn.ts";

const ADMIN_USER = "lab_admin";

/** The running database and what only the supervisor may do with it. */
export interface Database {
  readonly directory: string;
  readonly postgresPid: number;
  readonly addressOf: (role: Role) => DatabaseAddress;
  /** One sample of locks, connections and the integrity counter, over a connection of its own. */
  readonly sample: () => Promise<DatabaseSample>;
  readonly terminateSessions: (role: Role, countMax: number) => Promise<number>;
  readonly setStorageDelay: (delay: { readonly readMs: number; readonly writeMs: number }) => Promise<void>;
  readonly onLost: (listener: () => void) => void;
  readonly stop: () => Promise<void>;
}

/** What the monitor sees at one instant. */
export interface DatabaseSample {
  readonly lockWaiterCount: number;
  readonly blockerCount: Readonly<Record<Role, number>>;
  readonly connectionCount: Readonly<Record<Role, number>>;
  readonly duplicateRowCount: number;
}

const SAMPLE_SQL = `
with activity as (
  select pid, usename::text as role, wait_event_type = 'Lock' as is_waiting
  from pg_stat_activity where backend_type = 'client backend' and datname = 'lab' and usename <> '${ADMIN_USER}'
), blocking as (
  select distinct unnest(pg_blocking_pids(pid)) as pid from activity where is_waiting
)
select role, count(*)::int as connections, (count(*) filter (where is_waiting))::int as waiting,
  (count(*) filter (where pid in (select pid from blocking)))::int as blocking
from activity group by role`;

interface SampleRow {
  readonly role: string;
  readonly connections: number;
  readonly waiting: number;
  readonly blocking: number;
}

/** Starts PostgreSQL under its guardian and prepares roles and tables. */
export async function startDatabase(): Promise<Database> {
  const directory = makeDirectory();
  writeOwner(directory, { pid: process.pid, startedAt: readProcessStart(process.pid) });
  const password = randomBytes(16).toString("hex");
  const guardian = fork(fileURLToPath(new URL("../postgres/guardian.ts", import.meta.url)), [], {
    env: childEnvironment(),
    cwd: "/",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    detached: true,
  });
  try {
    const ready = await waitForGuardian(guardian, { directory, user: ADMIN_USER, password });
    return await prepare({ guardian, directory, password, port: ready.port, postgresPid: ready.postgresPid });
  } catch (error) {
    if (guardian.connected) guardian.disconnect();
    else rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function waitForGuardian(guardian: ChildProcess, config: object): Promise<Extract<GuardianReport, { kind: "ready" }>> {
  return new Promise((resolve, reject) => {
    guardian.once("exit", () =>
      reject(new LabError("E_LAB_START", "the database's guardian ended", "see `.lab/supervisor.log`")),
    );
    guardian.once("message", (message) => {
      const report = message as GuardianReport; // the guardian's only message
      if (report.kind === "ready") resolve(report);
      else reject(new LabError("E_LAB_START", report.message, "see `.lab/supervisor.log`"));
    });
    guardian.send(config);
  });
}

async function prepare(parts: {
  readonly guardian: ChildProcess;
  readonly directory: string;
  readonly password: string;
  readonly port: number;
  readonly postgresPid: number;
}): Promise<Database> {
  // Every role is a key, by construction over ROLES.
  const passwords = Object.fromEntries(ROLES.map((role) => [role, randomBytes(16).toString("hex")])) as Record<
    Role,
    string
  >;
  const adminAddress = { host: "127.0.0.1", port: parts.port, user: ADMIN_USER, password: parts.password };
  const setup = new pg.Client({ ...adminAddress, database: "postgres" });
  await setup.connect();
  await createRoles(setup, passwords);
  await setup.end();
  const monitor = new pg.Client({ ...adminAddress, database: "lab", application_name: "monitor" });
  monitor.on("error", () => undefined);
  await monitor.connect();
  await createSchema(monitor);
  const operator = new pg.Client({ ...adminAddress, database: "lab", application_name: "operator" });
  operator.on("error", () => undefined);
  await operator.connect();
  return {
    directory: parts.directory,
    postgresPid: parts.postgresPid,
    addressOf: (role) => ({ port: parts.port, user: role, password: passwords[role] }),
    sample: () => sampleDatabase(monitor),
    terminateSessions: async (role, countMax) => {
      const result = await operator.query<{ readonly done: boolean }>(
        `select pg_terminate_backend(pid) as done from pg_stat_activity
         where usename = $1 and backend_type = 'client backend' order by backend_start limit $2`,
        [role, Math.min(countMax, DATABASE.connectionCountMax)],
      );
      return result.rows.filter((row) => row.done).length;
    },
    setStorageDelay: async ({ readMs, writeMs }) => {
      await operator.query("update storage set read_ms = $1, write_ms = $2", [readMs, writeMs]);
    },
    onLost: (listener) => {
      parts.guardian.once("exit", listener);
    },
    stop: async () => {
      parts.guardian.removeAllListeners("exit");
      const isOver = new Promise((resolve) => parts.guardian.once("exit", resolve));
      if (parts.guardian.exitCode !== null) return;
      if (parts.guardian.connected) parts.guardian.disconnect();
      await isOver;
    },
  };
}

async function sampleDatabase(monitor: pg.Client): Promise<DatabaseSample> {
  const activity = await monitor.query<SampleRow>(SAMPLE_SQL);
  const integrity = await monitor.query<{ readonly count: number }>(
    "select duplicate_row_count::int as count from integrity",
  );
  const rowOf = (role: Role): SampleRow | undefined => activity.rows.find((row) => row.role === role);
  const byRole = (pick: (row: SampleRow) => number): Record<Role, number> => {
    const count = (role: Role): number => {
      const row = rowOf(role);
      return row === undefined ? 0 : pick(row);
    };
    return { app: count("app"), "nightly-report": count("nightly-report"), billing: count("billing") };
  };
  return {
    lockWaiterCount: activity.rows.reduce((sum, row) => sum + row.waiting, 0),
    blockerCount: byRole((row) => row.blocking),
    connectionCount: byRole((row) => row.connections),
    duplicateRowCount: integrity.rows[0]?.count ?? 0,
  };
}
