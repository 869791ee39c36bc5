/** One Prometheus metric: its name is the contract between processes, recorder, twin and anyone's dashboards. */
export interface MetricDeclaration {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly process: "load" | "lb" | "app" | "nightly-report" | "billing" | "supervisor";
  readonly labels: readonly string[];
  readonly help: string;
}

/** Every metric of the lab, by a short key. Counters of seconds integrate a gauge: increase / time is its mean. */
export const METRICS = {
  offered: { name: "lab_load_offered_total", kind: "counter", process: "load", labels: [], help: "requests due, retries not counted" },
  attempts: { name: "lab_load_attempts_total", kind: "counter", process: "load", labels: [], help: "attempts sent, retries counted" },
  answers: { name: "lab_load_answers_total", kind: "counter", process: "load", labels: ["reason"], help: "requests settled, by reason" },
  good: { name: "lab_load_good_total", kind: "counter", process: "load", labels: [], help: "answered 200 in less than 600 ms" },
  latency: { name: "lab_load_latency_seconds", kind: "histogram", process: "load", labels: [], help: "latency of 200 answers" },
  generatorLag: { name: "lab_load_generator_lag_seconds", kind: "gauge", process: "load", labels: [], help: "greatest delay of a send since the last scrape" },
  proxyAnswers: { name: "lab_lb_answers_total", kind: "counter", process: "lb", labels: ["reason"], help: "answers given, by reason" },
  upstreamAnswers: { name: "lab_lb_upstream_answers_total", kind: "counter", process: "lb", labels: ["worker"], help: "answers and timeouts of each worker" },
  upstreamSeconds: { name: "lab_lb_upstream_seconds_total", kind: "counter", process: "lb", labels: ["worker"], help: "time waited for each worker" },
  breakerOpenSeconds: { name: "lab_lb_breaker_open_seconds_total", kind: "counter", process: "lb", labels: [], help: "time the breaker was open or half open" },
  breakerOpened: { name: "lab_lb_breaker_opened_total", kind: "counter", process: "lb", labels: [], help: "times the breaker opened" },
  breakerState: { name: "lab_lb_breaker_state", kind: "gauge", process: "lb", labels: [], help: "0 closed, 1 half open, 2 open" },
  queueSeconds: { name: "lab_app_queue_seconds_total", kind: "counter", process: "app", labels: [], help: "queue length integrated over time" },
  busySeconds: { name: "lab_app_busy_seconds_total", kind: "counter", process: "app", labels: [], help: "busy slots integrated over time" },
  requests: { name: "lab_app_requests_total", kind: "counter", process: "app", labels: ["reason"], help: "requests answered by the worker" },
  sqlCount: { name: "lab_app_sql_total", kind: "counter", process: "app", labels: ["operation"], help: "reads and writes done" },
  sqlSeconds: { name: "lab_app_sql_seconds_total", kind: "counter", process: "app", labels: ["operation"], help: "time of reads and writes" },
  refusedConnections: { name: "lab_app_refused_connections_total", kind: "counter", process: "app", labels: [], help: "connections refused with SQLSTATE 53300" },
  loopLag: { name: "lab_app_event_loop_lag_seconds", kind: "gauge", process: "app", labels: [], help: "greatest event-loop delay since the last scrape" },
  reportSessions: { name: "lab_nightly_sessions", kind: "gauge", process: "nightly-report", labels: [], help: "open sessions of the nightly report" },
  billingRequests: { name: "lab_billing_requests_total", kind: "counter", process: "billing", labels: [], help: "requests of the second tenant" },
  billingErrors: { name: "lab_billing_errors_total", kind: "counter", process: "billing", labels: [], help: "failed requests of the second tenant" },
  billingRefused: { name: "lab_billing_refused_connections_total", kind: "counter", process: "billing", labels: [], help: "connections refused with SQLSTATE 53300" },
  lockWaiterSeconds: { name: "lab_pg_lock_waiter_seconds_total", kind: "counter", process: "supervisor", labels: [], help: "sessions waiting for a lock, integrated over time" },
  blockerSeconds: { name: "lab_pg_blocker_seconds_total", kind: "counter", process: "supervisor", labels: ["role"], help: "sessions blocking another, integrated over time" },
  connections: { name: "lab_pg_connections", kind: "gauge", process: "supervisor", labels: ["role"], help: "open connections" },
  duplicateRows: { name: "lab_integrity_duplicate_rows", kind: "gauge", process: "supervisor", labels: [], help: "rows applied more than once since the start" },
} as const satisfies Record<string, MetricDeclaration>;
