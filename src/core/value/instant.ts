/*
 * Instants as RFC 3339 writes them. They are kept in one spelling: in UTC, with milliseconds only where there are some.
 */

const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,32}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

const dayMs = 86_400_000;

/**
 * The one spelling of an instant, such as `2026-11-30T17:00:00Z`; `null` for a text that is no instant.
 *
 * An offset is counted in. What is finer than a millisecond is left out. A leap second (`:60`) is no instant here:
 * neither a clock nor a calendar says which second it is. So is what lies outside the years 0000 to 9999 in UTC.
 */
export function readInstant(text: string): string | null {
  const ms = sinceYearZeroMs(text);
  return ms === null ? null : writeInstant(ms);
}

/** An instant as Unix milliseconds; `null` for a text that is no instant. */
export function instantMs(text: string): number | null {
  const ms = sinceYearZeroMs(text);
  return ms === null ? null : ms - daysBefore(1970, 1, 1) * dayMs;
}

function sinceYearZeroMs(text: string): number | null {
  const match = text.length > 64 ? null : pattern.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [, , , , , , , fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = match;
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  const isTime = hour <= 23 && minute <= 59 && second <= 59;
  const [aheadHours, aheadMinutes] = [Number(offsetHours), Number(offsetMinutes)];
  if (!isDate || !isTime || aheadHours > 23 || aheadMinutes > 59) return null;
  const aheadMs = (aheadHours * 60 + aheadMinutes) * 60_000 * (sign === "-" ? -1 : 1);
  const ofDayMs = ((hour * 60 + minute) * 60 + second) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, "0"));
  return daysBefore(year, month, day) * dayMs + ofDayMs - aheadMs;
}

/**
 * Compares two instants: negative if the first is earlier, 0 if they are one.
 *
 * @returns `undefined` if one of them is no instant
 */
export function compareInstants(left: string, right: string): number | undefined {
  const [one, other] = [readInstant(left), readInstant(right)];
  if (one === null || other === null) return undefined;
  const [first, second] = [padded(one), padded(other)];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** With milliseconds always, so that the order of the texts is that of the instants. */
function padded(instant: string): string {
  return instant.length === 20 ? `${instant.slice(0, 19)}.000Z` : instant;
}

/** From the milliseconds since the beginning of the year 0000; `null` outside the years that have four digits. */
function writeInstant(ms: number): string | null {
  if (ms < 0) return null;
  const days = Math.floor(ms / dayMs);
  const rest = ms - days * dayMs;
  // No year has fewer than 365 days, so this is never too early by more than a few years.
  let year = Math.floor(days / 366);
  while (daysBefore(year + 1, 1, 1) <= days) year += 1;
  if (year > 9_999) return null;
  let month = 1;
  while (month < 12 && daysBefore(year, month + 1, 1) <= days) month += 1;
  const date = [digits(year, 4), digits(month), digits(days - daysBefore(year, month, 1) + 1)].join("-");
  const seconds = Math.floor(rest / 1_000);
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => digits(part));
  const milliseconds = rest % 1_000;
  return `${date}T${time.join(":")}${milliseconds === 0 ? "" : `.${digits(milliseconds, 3)}`}Z`;
}

function digits(value: number, count = 2): string {
  return String(value).padStart(count, "0");
}

/** Days from the beginning of the year 0000 to a date, by the Gregorian calendar. */
function daysBefore(year: number, month: number, day: number): number {
  const last = year - 1;
  // The year 0000 itself is a leap year.
  const leapDays = year === 0 ? 0 : Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) + 1;
  let days = year * 365 + leapDays + day - 1;
  for (let earlier = 1; earlier < month; earlier += 1) days += daysIn(year, earlier);
  return days;
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return isLeap ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
