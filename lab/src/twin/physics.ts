/**
 * The numbers the twin runs on: those of the contract, and a few that only a simulator has to be told.
 *
 * They are data and not imports, so that a test can strip the system down to a queue with a published answer.
 */
import { BILLING, DATABASE, FLEET, PROXY, WORKER } from "../contract/constants.ts";

/** Numbers of one simulated system. Times in ms. */
export interface Physics {
  readonly workerCount: number;
  readonly slotCount: number;
  readonly queueCountMax: number;
  readonly serviceMs: number;
  readonly serviceExponentialMs: number;
  readonly coldRequestCount: number;
  readonly coldExtraMs: number;
  readonly startMs: number;
  /** A worker that is still answering after this is stopped all the same. */
  readonly drainMs: number;
  readonly proxyTimeoutMs: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly connectionCountMax: number;
  readonly billingPerSecond: number;
  /** How long one of its requests keeps a connection. */
  readonly billingMs: number;
  /** An unused pooled connection is closed after this. */
  readonly idleConnectionMs: number;
  /** What two loopback hops, parsing and timers add to each request on a real machine. */
  readonly overheadMs: number;
}

/** The lab's own physics. */
export const LAB_PHYSICS: Physics = {
  workerCount: FLEET.workersAtRest,
  slotCount: WORKER.slotCount,
  queueCountMax: WORKER.queueCountMax,
  serviceMs: WORKER.serviceMs,
  serviceExponentialMs: WORKER.serviceExponentialMs,
  coldRequestCount: WORKER.coldRequestCount,
  coldExtraMs: WORKER.coldExtraMs,
  startMs: 350, // Measured: three workers start and warm their pools in 0.3 to 0.4 s on an idle machine.
  drainMs: 2_000,
  proxyTimeoutMs: PROXY.timeoutMs,
  readMs: DATABASE.readMs,
  writeMs: DATABASE.writeMs,
  connectionCountMax: DATABASE.connectionCountMax,
  billingPerSecond: BILLING.requestsPerSecond,
  billingMs: 20,
  idleConnectionMs: WORKER.poolIdleMs,
  overheadMs: 3,
};
