import type { JourneyEvent } from '@alongside/kernel/events';
import { type Html, html } from '@alongside/kernel/html';
import { isRedirect, parties } from './event-labels.ts';

/** Pixels. */
const size = { lane: 104, side: 10, head: 44, row: 38, foot: 16, loop: 30, character: 6.6 };

/** Maximum number of drawn steps. The list next to the diagram shows all. */
const mostSteps = 60;

interface Lane {
  label: string;
  x: number;
}

function lanesOf(events: readonly JourneyEvent[]): Map<string, Lane> {
  const used = new Set(events.flatMap(({ from, to }) => [from, to]));
  const shown = parties.filter(({ party, always }) => always || used.has(party));
  return new Map(
    shown.map(({ party, label }, index) => [party, { label, x: size.side + size.lane * (index + 0.5) }]),
  );
}

/** Returns the centre of a label, moved to keep the label inside the picture. */
function labelX(middle: number, text: string, width: number): number {
  const half = (text.length * size.character) / 2;
  return Math.min(Math.max(middle, half + 4), width - half - 4);
}

const head = ({ label, x }: Lane, bottom: number): Html => html`<g>
<line class="lane" x1="${x}" y1="${size.head - 8}" x2="${x}" y2="${bottom}"/>
<rect class="lane-head" x="${x - size.lane / 2 + 5}" y="6" width="${size.lane - 10}" height="${size.head - 14}" rx="5"/>
<text class="lane-name" x="${x}" y="26" text-anchor="middle">${label}</text>
</g>`;

function arrow(
  event: JourneyEvent,
  index: number,
  lanes: Map<string, Lane>,
  width: number,
): Html | undefined {
  const from = lanes.get(event.from);
  const to = lanes.get(event.to);
  if (!from || !to) return undefined;
  const y = size.head + size.row * (index + 1) - 10;
  const label = `${index + 1}. ${event.name}`;
  const style = `arrow ${isRedirect(event) ? 'redirect' : 'call'} ${event.outcome}`;
  const own = from === to;
  const middle = own ? from.x + size.loop : (from.x + to.x) / 2;
  const right = from.x < to.x;
  const tip = own ? from.x + 2 : to.x + (right ? -2 : 2);
  const back = own || !right ? 8 : -8;
  const line = own
    ? html`<path class="line" d="M${from.x} ${y - 6} h${size.loop} v10 H${tip}"/>`
    : html`<line class="line" x1="${from.x}" y1="${y}" x2="${tip}" y2="${y}"/>`;
  const tipY = own ? y + 4 : y;
  return html`<g class="${style}">
${line}
<path class="tip" d="M${tip} ${tipY} l${back} -4 v8 z"/>
<text x="${labelX(middle, label, width)}" y="${y - (own ? 11 : 7)}" text-anchor="middle">${label}</text>
</g>`;
}

/** Draws a journey as a sequence diagram. Redirects are dashed. */
export function sequenceDiagram({ id, events }: { id: string; events: readonly JourneyEvent[] }): Html {
  const drawn = events.slice(0, mostSteps);
  const lanes = lanesOf(drawn);
  const width = size.side * 2 + size.lane * lanes.size;
  const bottom = size.head + size.row * drawn.length + size.foot;
  return html`<svg class="diagram" role="img" aria-labelledby="diagram-title diagram-about" viewBox="0 0 ${width} ${bottom}" width="${width}" height="${bottom}">
<title id="diagram-title">Sequence diagram of journey ${id.slice(0, 8)}</title>
<desc id="diagram-about">${drawn.length} of ${events.length} steps, from the top down. Dashed arrows are redirects of the browser. The list of steps has the same content.</desc>
${[...lanes.values()].map((lane) => head(lane, bottom - 6))}
${drawn.map((event, index) => arrow(event, index, lanes, width))}
</svg>`;
}
