import { Agent, get } from "node:http";
import { loadavg } from "node:os";

import { WINDOW_MS } from "../contract/constants.ts";
import type { Window } from "../contract/window.ts";
import { buildWindow, type ConfigurationState, type ScrapePair } from "./build-window.ts";
import { parsePrometheusText, type Sample } from "./prometheus-text.ts";

/** A process that has not answered by then is left out of this window; its counters catch up in the next. */
const SCRAPE_TIMEOUT_MS = 700;
/** Two hours; a lab left running for longer forgets its oldest windows. */
const WINDOW_COUNT_MAX = 7_200;

/** Where to scrape. `pid` tells a restarted process from its predecessor. */
export interface ScrapeTarget {
  readonly pid: number;
  readonly port: number;
}

/** Scrapes every process once a second and keeps what it saw as windows. */
export interface Recorder {
  readonly windows: () => readonly Window[];
  readonly close: () => void;
}

const agent = new Agent({ keepAlive: true });

function scrape(port: number): Promise<readonly Sample[] | undefined> {
  return new Promise((resolve) => {
    const request = get(
      { host: "127.0.0.1", port, path: "/metrics", agent, timeout: SCRAPE_TIMEOUT_MS },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => resolve(parsePrometheusText(text)));
        response.on("error", () => resolve(undefined));
      },
    );
    request.once("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}

/** Starts recording; the first window begins now. */
export async function startRecorder(options: {
  readonly targets: () => readonly ScrapeTarget[];
  /** The supervisor's own metrics, which need no request. */
  readonly readOwnText: () => Promise<string>;
  readonly readConfiguration: () => ConfigurationState;
  readonly readClockMs: () => number;
  readonly onWindow: (window: Window) => void;
}): Promise<Recorder> {
  let previous = await scrapeAll();
  let startMs = options.readClockMs();
  let windows: Window[] = [];
  let index = 0;
  let isClosed = false;
  let timer = setTimeout(tick, WINDOW_MS);

  async function scrapeAll(): Promise<Map<number, readonly Sample[]>> {
    const scraped = await Promise.all(
      options.targets().map(async ({ pid, port }) => [pid, await scrape(port)] as const),
    );
    const samples = new Map<number, readonly Sample[]>();
    for (const [pid, found] of scraped) if (found !== undefined) samples.set(pid, found);
    samples.set(process.pid, parsePrometheusText(await options.readOwnText()));
    return samples;
  }

  async function record(): Promise<void> {
    const current = await scrapeAll();
    const endMs = options.readClockMs();
    const pairs: ScrapePair[] = [...current].map(([pid, after]) => ({ before: previous.get(pid) ?? [], after }));
    const window = buildWindow({
      index,
      startMs,
      endMs,
      pairs,
      configuration: options.readConfiguration(),
      loadAverage: loadavg()[0] ?? 0,
    });
    previous = new Map([...previous, ...current]);
    startMs = endMs;
    index++;
    windows = [...windows.slice(-WINDOW_COUNT_MAX), window];
    options.onWindow(window);
  }

  function tick(): void {
    record()
      .catch((error: unknown) => console.error("window not recorded:", error))
      .finally(() => {
        if (!isClosed) timer = setTimeout(tick, Math.max(50, WINDOW_MS - (options.readClockMs() - startMs)));
      });
  }

  return {
    windows: () => windows,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
