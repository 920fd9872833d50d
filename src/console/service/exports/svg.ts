import { type Html, html } from '@alongside/kernel/html';
import { counted } from '@alongside/kernel/operator';
import { ledgerOf, type Row, type View } from '../../../journeys/ledger.ts';
import type { Journey } from '../../../journeys/model.ts';
import {
  dateAndTime,
  duration,
  hasFailed,
  laneName,
  patternName,
  requestLine,
  titleOf,
  wordsOf,
} from '../../../journeys/text.ts';
import { arrowOf, arrowStyles, type Lanes, lanesOf, nameRise } from './arrows.ts';

/** Pixels. Words are cut where they would run into the lanes. */
const size = {
  side: 16,
  text: 400,
  head: 108,
  row: 42,
  phase: 26,
  pause: 26,
  foot: 16,
  number: 44,
  time: 100,
};

/** Characters that fit next to the lanes, by the width of an average character. */
const longest = { words: 42, line: 46 };

const fit = (text: string, most: number): string =>
  [...text].length > most ? `${[...text].slice(0, most - 1).join('')}…` : text;

/** Isolates the direction of writing of a text from outside (Unicode Bidirectional Algorithm, FSI and PDI). */
const isolated = (text: string): string => `\u2068${text}\u2069`;

const styles = `
svg { --ink: #14201d; --quiet: #4a5a55; --card: #ffffff; --line: #cfd6d2; --accent: #0b5d4f; --accent-soft: #e3f0ec; --bad: #a3231c; --bad-soft: #fbe9e7; --warn-soft: #fdf1d8;
  background: var(--card); font: 13px system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ink: #e8eeeb; --quiet: #aab8b3; --card: #18211e; --line: #3a4844; --accent: #6fd3bd; --accent-soft: #17332d; --bad: #ff9c92; --bad-soft: #3a1815; --warn-soft: #3a2c0c; } }
text { fill: var(--ink); } .title { font-size: 18px; font-weight: 650; } .quiet { fill: var(--quiet); } .mono { font: 11px ui-monospace, "Liberation Mono", monospace; fill: var(--quiet); }
.words { font-weight: 600; } .words.bad { fill: var(--bad); } .row-bad { fill: var(--bad-soft); } .phase-line { stroke: var(--line); } .phase { font-size: 12px; font-weight: 600; fill: var(--quiet); }
.pause { fill: var(--warn-soft); }
${arrowStyles}`;

/** Draws the part above a row: its phase and the pause before it. Returns the height. */
function above({ phase, pause }: Row, y: number, width: number): { markup: Html; height: number } {
  const pauseHeight = pause === undefined ? 0 : size.pause;
  const markup = html`${
    pause === undefined
      ? undefined
      : html`<rect class="pause" x="0" y="${y}" width="${width}" height="${size.pause - 2}"/><text class="quiet" x="${size.side}" y="${y + 16}">${duration(pause)} outside Alongside: nothing arrived here</text>`
  }${
    phase === undefined
      ? undefined
      : html`<line class="phase-line" x1="0" x2="${width}" y1="${y + pauseHeight}" y2="${y + pauseHeight}"/><text class="phase" x="${size.side}" y="${y + pauseHeight + 18}">${phase}</text>`
  }`;
  return { markup, height: pauseHeight + (phase === undefined ? 0 : size.phase) };
}

function step(row: Row, index: number, y: number, lanes: Lanes, width: number): Html {
  const { message, label, depth, hop } = row;
  const isBad = hop !== 'answer' && hasFailed(message);
  const indent = Math.min(depth, 6) * 16;
  const x = size.side + size.time + 12 + indent;
  const words = hop === 'answer' ? 'Redirects the browser' : wordsOf(message);
  const shorter = Math.floor(indent / 7);
  return html`<g>${isBad ? html`<rect class="row-bad" x="0" y="${y}" width="${width}" height="${size.row}"/>` : undefined}<text class="quiet" x="${size.side + 18}" y="${y + 18}" text-anchor="end">${label}</text><text class="quiet" x="${size.side + size.time}" y="${y + 18}" text-anchor="end">${duration(message.offsetMs)}</text>
<text class="${isBad ? 'words bad' : 'words'}" x="${x}" y="${y + 18}"><title>${words}</title>${isolated(fit(words, longest.words - shorter))}</text><text class="mono" x="${x}" y="${y + 34}">${hop === 'answer' ? '' : isolated(fit(requestLine(message), longest.line - shorter))}</text>
<svg x="${size.text + size.side}" y="${y}" width="${lanes.width}" height="${size.row}"><clipPath id="row-${index}"><rect width="${lanes.width}" height="${size.row}"/></clipPath><g clip-path="url(#row-${index})"><g transform="translate(0 ${size.row / 2})">${arrowOf(row, lanes)}</g></g></svg></g>`;
}

/** Draws a journey as a picture that opens on its own, with its own styles, in light and dark colours. */
export function svgOf(journey: Journey, view: View): string {
  const laidOut = ledgerOf(journey, view);
  const lanes = lanesOf(laidOut);
  const width = size.text + size.side * 2 + lanes.width;
  let y = size.head;
  const rows = laidOut.rows.map((row, index) => {
    const { markup, height } = above(row, y, width);
    y += height;
    const drawn = step(row, index, y, lanes, width);
    y += size.row;
    return html`${markup}${drawn}`;
  });
  const height = y + size.foot;
  const left = size.text + size.side;
  const title = titleOf(journey);
  const { outcome, startedAt, durationMs, pattern, count } = journey;
  const about = `${outcome}. ${patternName(pattern)}, ${dateAndTime(startedAt)}, ${counted(count, 'request')} in ${duration(durationMs)}`;
  return String(html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title about" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title id="title">${title}</title><desc id="about">${about}. Dashed arrows are redirects of the browser.</desc><style>${styles}</style>
<text class="title" x="${size.side}" y="30">${isolated(fit(title, Math.floor(width / 11)))}</text><text class="quiet" x="${size.side}" y="52">${fit(about, Math.floor(width / 6.6))}</text>
${[...lanes.x].map(
  ([lane, x], index) =>
    html`<text class="words" x="${left + x}" y="${size.head - 8 - nameRise(lanes, index)}" text-anchor="middle" font-size="12">${laneName(lane)}</text>`,
)}
<g class="lane-lines">${[...lanes.x.values()].map((x) => html`<line x1="${left + x}" x2="${left + x}" y1="${size.head}" y2="${height - size.foot}"/>`)}</g>
${rows}
</svg>`);
}
