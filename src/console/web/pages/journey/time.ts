import { type Html, html } from '@alongside/kernel/html';
import type { Journey, Lane, Message } from '../../../../journeys/model.ts';
import { duration, inLaneOrder, laneName } from '../../../../journeys/text.ts';

/** The time of one party: its own, without that of the calls that it made. */
export interface PartyTime {
  /** `outside`: no message was in progress. */
  readonly party: Lane | 'outside';
  readonly ms: number;
}

/** Milliseconds in which at least one of the messages was in progress. */
function covered(messages: readonly Message[]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { offsetMs, durationMs } of [...messages].sort((a, b) => a.offsetMs - b.offsetMs)) {
    const end = offsetMs + (durationMs ?? 0);
    if (end <= until) continue;
    total += end - Math.max(offsetMs, until);
    until = end;
  }
  return total;
}

/** Splits the time of a journey by the party that answered. Acts of a person take none. */
export function timeOf({ messages, durationMs }: Pick<Journey, 'messages' | 'durationMs'>): PartyTime[] {
  const inner = new Map<string, number>();
  for (const { parent, durationMs } of messages)
    if (parent !== null) inner.set(parent, (inner.get(parent) ?? 0) + (durationMs ?? 0));
  const times = new Map<Lane, number>();
  for (const { id, to, kind, durationMs } of messages) {
    if (kind === 'act' || durationMs === null) continue;
    times.set(to, (times.get(to) ?? 0) + Math.max(0, durationMs - (inner.get(id) ?? 0)));
  }
  const outside = Math.max(0, durationMs - covered(messages.filter(({ kind }) => kind !== 'act')));
  const parties = inLaneOrder(times.keys()).map((party) => ({ party, ms: times.get(party) ?? 0 }));
  return [{ party: 'outside' as const, ms: outside }, ...parties].filter(({ ms }) => ms >= 1);
}

/** Colours by party; those of APIs and other servers are equal, and the legend names them. */
const tones: Readonly<Record<string, string>> = {
  outside: 't-outside',
  application: 't-application',
  authorisation: 't-authorisation',
  cis2: 't-cis2',
  'identity-agent': 't-agent',
  cis: 't-cis',
};

const toneOf = (party: PartyTime['party']): string => tones[party] ?? 't-other';

const partyName = (party: PartyTime['party']): string =>
  party === 'outside' ? 'outside Alongside' : laneName(party);

/** Draws where the time went as one bar. The legend has the same content as text, in the same order. */
export function timeBar(journey: Journey): Html | undefined {
  const times = timeOf(journey);
  const sum = times.reduce((total, { ms }) => total + ms, 0);
  if (sum === 0) return undefined;
  let start = 0;
  const parts = times.map(({ party, ms }) => {
    const x = start;
    start += (100 * ms) / sum;
    return html`<rect class="${toneOf(party)}" x="${x.toFixed(2)}%" y="0" width="${((100 * ms) / sum).toFixed(2)}%" height="10"/>`;
  });
  return html`<div class="time-went"><p id="time-went">Where ${duration(journey.durationMs)} went</p>
<svg class="time-bar" width="100%" height="10" aria-hidden="true"><defs>${hatch}</defs>${parts}</svg>
<ul aria-labelledby="time-went">${times.map(
    ({ party, ms }) =>
      html`<li><svg width="10" height="10" aria-hidden="true"><rect class="${toneOf(party)}" width="10" height="10" rx="2"/></svg> ${partyName(party)} ${duration(ms)}</li>`,
  )}</ul></div>`;
}

/** The pattern of time that passed outside Alongside. */
const hatch = html`<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/></pattern>`;
