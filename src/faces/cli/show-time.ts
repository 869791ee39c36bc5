/** A time of day on the screen: to the second, in UTC, with the zone. */
export function showTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
