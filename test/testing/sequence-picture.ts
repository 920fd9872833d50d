import type { Lane, Message } from '../../src/journeys/model.ts';

const labels: Readonly<Record<string, string>> = {
  person: 'Person',
  application: 'Application',
  authorisation: 'Authorisation',
  cis2: 'CIS2',
  'identity-agent': 'Identity Agent',
  cis: 'CIS',
};
export const labelOf = (lane: Lane): string => labels[lane] ?? 'API';

/** The parts that a supplier meets. Others are steps inside one of them. */
const lanes = ['Application', 'Authorisation', 'CIS2', 'Identity Agent', 'API'];
const spacing = 104;
const rowHeight = 40;
const top = 46;
/** Height of the line with the title. */
const titleHeight = 28;

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

/** Draws the steps of a sign-in as a sequence diagram below its title: dashed arrows are redirects of the browser. */
export function sequencePicture(title: string, messages: readonly Message[]): string {
  const isDrawn = ({ from, to }: Message) => lanes.includes(labelOf(from)) && lanes.includes(labelOf(to));
  // An application asks once who the person is; what the platform asks for it is not the supplier's.
  const steps = messages.filter((message) => message.parent === null && isDrawn(message));
  const width = lanes.length * spacing;
  const height = top + steps.length * rowHeight + 16;
  const whole = height + titleHeight;
  const heads = lanes.map(
    (name) =>
      `<line class="lane" x1="${middle(name)}" y1="34" x2="${middle(name)}" y2="${height}"/><rect class="head" x="${middle(name) - 47}" y="6" width="94" height="28" rx="5"/><text class="name" x="${middle(name)}" y="24" text-anchor="middle">${name}</text>`,
  );
  const arrows = steps.map((message, index) => {
    const from = middle(labelOf(message.from));
    const to = middle(labelOf(message.to));
    const y = top + (index + 1) * rowHeight - 8;
    const tip = to > from ? -8 : 8;
    const label = `${index + 1}. ${message.words}`;
    // About half the width of the text, so that it stays inside the picture.
    const half = label.length * 3.1;
    const centre = Math.min(Math.max((from + to) / 2, half), width - half);
    const kind = message.kind === 'redirect' ? 'line redirect' : 'line';
    return `<text x="${centre}" y="${y - 7}" text-anchor="middle">${label}</text><line class="${kind}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/><path class="tip" d="M${to} ${y} l${tip} -4 v8 z"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" aria-label="${title}" viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}">
<desc>${title}. Dashed arrows are redirects of the browser.</desc>
${style}
<text class="name" x="5" y="18">${title}</text>
<g transform="translate(0 ${titleHeight})">
${[...heads, ...arrows].join('\n')}
</g>
</svg>
`;
}
