import { type Html, html } from '@alongside/kernel/html';
import { rotationSchedule } from '@alongside/kernel/keys';
import type { DescribedKey } from '../../resources/keys.ts';

const day = 86_400_000;
const size = { width: 720, left: 8, top: 26, row: 22, bar: 12 };

/** The period that the calendar shows: from the oldest change, at most 60 days ago, to the last planned one. */
function periodOf(keys: readonly DescribedKey[], now: number): { from: number; to: number } {
  const ends = keys.map(({ signsFrom, signsUntil, removedAt }) =>
    Date.parse(
      removedAt ?? signsUntil ?? new Date(Date.parse(signsFrom) + rotationSchedule.sign).toISOString(),
    ),
  );
  const starts = keys.map(({ announcedAt }) => Date.parse(announcedAt));
  return {
    from: Math.max(now - 60 * day, Math.min(now - 7 * day, ...starts)),
    to: Math.max(now + 30 * day, ...ends) + 2 * day,
  };
}

/** Draws when each key was announced, signs and verifies. The table beside it says the same as text. */
export function keyCalendar(keys: readonly DescribedKey[], now: number): Html {
  const { from, to } = periodOf(keys, now);
  const x = (time: number): number =>
    Math.round(
      size.left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (size.width - 2 * size.left),
    );
  const height = size.top + keys.length * size.row + 6;
  const bar = (kind: string, start: number, end: number, y: number): Html | undefined =>
    end <= from || start >= to || end <= start
      ? undefined
      : html`<rect class="${kind}" x="${x(start)}" y="${y}" width="${Math.max(2, x(end) - x(start))}" height="${size.bar}" rx="2"/>`;
  const months: Html[] = [];
  for (let time = new Date(from); time.getTime() < to; ) {
    time = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 1));
    if (time.getTime() < to)
      months.push(html`<line class="month" x1="${x(time.getTime())}" x2="${x(time.getTime())}" y1="18" y2="${height}"/>
<text x="${x(time.getTime()) + 3}" y="14">${time.toISOString().slice(0, 7)}</text>`);
  }
  return html`<svg class="calendar" viewBox="0 0 ${size.width} ${height}" aria-hidden="true">${months}
${keys.map(({ announcedAt, signsFrom, signsUntil, removedAt }, index) => {
  const y = size.top + index * size.row;
  const [announced, starts] = [Date.parse(announcedAt), Date.parse(signsFrom)];
  const stops = signsUntil ? Date.parse(signsUntil) : starts + rotationSchedule.sign;
  return html`${bar('announced', announced, starts, y)}${bar('signing', starts, stops, y)}${
    removedAt ? bar('verifying', stops, Date.parse(removedAt), y) : undefined
  }<text class="kid${starts > now ? ' waits' : ''}" x="${x(Math.max(announced, from)) + 4}" y="${y + 10}">${index + 1}</text>`;
})}
<line class="now" x1="${x(now)}" x2="${x(now)}" y1="4" y2="${height}"/></svg>`;
}
