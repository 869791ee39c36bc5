/** A gauge and its integral over time: its mean over a window is exact, where a sample of it would be noise. */
export interface Gauge {
  value: number;
  /** Integral since the last `takeMean`, in value × ms. */
  area: number;
  sinceMs: number;
}

/** A gauge at `value` from time 0. */
export function openGauge(value: number): Gauge {
  return { value, area: 0, sinceMs: 0 };
}

/** Changes the gauge by `delta` at `nowMs`. */
export function changeGauge(gauge: Gauge, nowMs: number, delta: number): void {
  gauge.area += gauge.value * (nowMs - gauge.sinceMs);
  gauge.sinceMs = nowMs;
  gauge.value += delta;
}

/** Mean since the last call (or since 0), and begins the next span. 0 over no time at all. */
export function takeMean(gauge: Gauge, options: { readonly fromMs: number; readonly nowMs: number }): number {
  changeGauge(gauge, options.nowMs, 0);
  const mean = gauge.area / (options.nowMs - options.fromMs);
  gauge.area = 0;
  return Number.isFinite(mean) ? mean : 0;
}
