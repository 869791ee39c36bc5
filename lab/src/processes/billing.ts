import pg from "pg";

import { BILLING } from "../contract/constants.ts";
import { type ChildService, counterOf, createRegistry, runChild } from "./child.ts";
import type { ProcessConfigs } from "./messages.ts";

runChild<"billing">(startBilling);

/**
 * The second tenant on the same database: a new connection for each request, so it is the first to suffer at the cap.
 */
function startBilling(config: ProcessConfigs["billing"]): ChildService<"billing"> {
  const registry = createRegistry("billing");
  const requests = counterOf(registry, "billingRequests");
  const errors = counterOf(registry, "billingErrors");
  const refused = counterOf(registry, "billingRefused");

  async function issueInvoice(): Promise<void> {
    const client = new pg.Client({
      ...config.database,
      host: "127.0.0.1",
      database: "lab",
      application_name: "billing",
      connectionTimeoutMillis: BILLING.timeoutMs,
      query_timeout: BILLING.timeoutMs,
    });
    client.on("error", () => undefined);
    requests.inc();
    try {
      await client.connect();
      await client.query("insert into invoices default values");
    } catch (error) {
      errors.inc();
      if (error instanceof Error && "code" in error && error.code === "53300") refused.inc();
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  setInterval(() => void issueInvoice(), 1_000 / BILLING.requestsPerSecond);
  return { registry, onOrder: () => undefined };
}
