import type { JourneyEvent } from '@alongside/kernel/events';
import { isRedirect, labelOf, textOf } from '../../src/console/page/event-labels.ts';

/** The parts that a supplier meets. Others are steps inside one of them. */
const lanes = ['Application', 'Authorisation', 'CIS2', 'Identity Agent', 'Gateway'];
const spacing = 104;
const rowHeight = 40;
const top = 46;

/** Both ends of a redirect record it, and a service's inner steps are not the supplier's: each step is drawn once. */
const omitted = new Set([
  'agent.hand-off',
  'agent.proof',
  'authorisation.callback',
  'authorisation.to-cis2',
  'cis.proof',
  'pds.read',
]);

/** A picture outside the site follows the colours of the system; the site puts it into its page and sets the colours. */
const style = `<style>
.picture { --ink: #14201d; --soft: #c5cfca; --head: #e3f0ec; --arrow: #0b5d4f; --ground: #fbfaf7; background: var(--ground); font: 11px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .picture { --ink: #e8eeeb; --soft: #45534e; --head: #1f3a34; --arrow: #7fd3bf; --ground: #14201d; } }
.picture text { fill: var(--ink); stroke: var(--ground); stroke-width: 4px; paint-order: stroke; } .picture .name { font-weight: 600; stroke: none; }
.picture .lane { stroke: var(--soft); } .picture .head { fill: var(--head); }
.picture .line { stroke: var(--arrow); stroke-width: 1.5; } .picture .tip { fill: var(--arrow); }
.picture .redirect { stroke-dasharray: 5 3; }
</style>`;

const middle = (name: string) => spacing / 2 + lanes.indexOf(name) * spacing;

/** Draws the steps of a sign-in as a sequence diagram: dashed arrows are redirects of the browser. */
export function sequencePicture(title: string, events: readonly JourneyEvent[]): string {
  const named = new Set<string>();
  const steps = events.filter(({ name }) => {
    if (omitted.has(name) || (name === 'cis2.userinfo' && named.has(name))) return false;
    named.add(name);
    return true;
  });
  const width = lanes.length * spacing;
  const height = top + steps.length * rowHeight + 16;
  const heads = lanes.map(
    (name) =>
      `<line class="lane" x1="${middle(name)}" y1="34" x2="${middle(name)}" y2="${height}"/><rect class="head" x="${middle(name) - 47}" y="6" width="94" height="28" rx="5"/><text class="name" x="${middle(name)}" y="24" text-anchor="middle">${name}</text>`,
  );
  const arrows = steps.map((event, index) => {
    // The agent sends the browser back: the event names the browser.
    const from = middle(event.from === 'browser' ? 'Identity Agent' : labelOf(event.from));
    const to = middle(labelOf(event.to));
    const y = top + (index + 1) * rowHeight - 8;
    const tip = to > from ? -8 : 8;
    const label = `${index + 1}. ${textOf(event)}`;
    // About half the width of the text, so that it stays inside the picture.
    const half = label.length * 3.1;
    const centre = Math.min(Math.max((from + to) / 2, half), width - half);
    const kind = isRedirect(event) ? 'line redirect' : 'line';
    return `<text x="${centre}" y="${y - 7}" text-anchor="middle">${label}</text><line class="${kind}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/><path class="tip" d="M${to} ${y} l${tip} -4 v8 z"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" aria-label="${title}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<desc>${title}. Dashed arrows are redirects of the browser.</desc>
${style}
${[...heads, ...arrows].join('\n')}
</svg>
`;
}
