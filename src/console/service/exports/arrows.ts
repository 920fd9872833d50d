import { type Html, html } from '@alongside/kernel/html';
import { isHarmless } from '../../../journeys/delta.ts';
import type { Ledger, Row } from '../../../journeys/ledger.ts';
import type { Lane } from '../../../journeys/model.ts';
import { laneName } from '../../../journeys/text.ts';

/** Places of the lanes, in pixels. */
export interface Lanes {
  readonly x: ReadonlyMap<Lane, number>;
  readonly width: number;
  /** Lines that the names need, each name on the next one. */
  readonly lines: number;
}

const nameWidth = (lane: Lane): number => laneName(lane).length * 6.7;

/** Leaves room for the words of a full sign-in next to the inspector. */
function spacingFor(count: number): number {
  if (count <= 3) return 92;
  return count <= 5 ? 68 : 44;
}

/** Returns how many lines keep the names apart. */
function linesFor(lanes: readonly Lane[], spacing: number): number {
  const isEnough = (lines: number) =>
    lanes.every((lane, index) => {
      const next = lanes[index + lines];
      return next === undefined || (nameWidth(lane) + nameWidth(next)) / 2 + 8 <= spacing * lines;
    });
  return [1, 2].find(isEnough) ?? 3;
}

/** Returns the distance of a name from the lowest line, in pixels. */
export const nameRise = ({ lines }: Lanes, index: number): number => 16 * (index % lines);

/** Places the lanes so that no name leaves the picture. */
export function lanesOf({ lanes }: Pick<Ledger, 'lanes'>): Lanes {
  const spacing = spacingFor(lanes.length);
  const first = lanes[0];
  const last = lanes.at(-1);
  const left = Math.max(24, first ? nameWidth(first) / 2 + 6 : 0);
  const right = Math.max(24, last ? nameWidth(last) / 2 + 8 : 0);
  const x = new Map(lanes.map((lane, index) => [lane, Math.round(left + index * spacing)]));
  const width = Math.round(left + spacing * Math.max(0, lanes.length - 1) + right);
  return { x, width, lines: linesFor(lanes, spacing) };
}

/** Draws the names of the lanes. */
export function laneHeads(lanes: Lanes): Html {
  const height = 2 + 16 * Math.max(2, lanes.lines);
  return html`<svg class="lane-heads" width="${lanes.width}" height="${height}">${[...lanes.x].map(
    ([lane, at], index) =>
      html`<text x="${at}" y="${height - 6 - nameRise(lanes, index)}" text-anchor="middle">${laneName(lane)}</text>`,
  )}</svg>`;
}

/** Draws the lanes as lines behind the rows, over the height of the list. */
export const laneLines = ({ x, width }: Lanes): Html =>
  html`<svg class="lane-lines" width="${width}" height="100%" aria-hidden="true">${[...x.values()].map(
    (at) => html`<line x1="${at}" x2="${at}" y1="0" y2="100%"/>`,
  )}</svg>`;

/** A browser window: the redirect goes through it. */
const browserWindow = (x: number): Html =>
  html`<rect class="glass" x="${x - 8}" y="-6" width="16" height="12" rx="2"/><path class="tip" d="M${x - 8} -2v-2q0-2 2-2h12q2 0 2 2v2z"/>`;

const tip = (x: number, towards: number): Html =>
  html`<path class="tip" d="M${x} 0l${-9 * towards} -5v10z"/>`;

const crossedCircle = (x: number): Html =>
  html`<circle class="glass" cx="${x}" r="8"/><path class="line whole" d="M${x - 3.5} -3.5l7 7m0-7l-7 7"/>`;

/** Two slanted strokes where a line breaks off. */
const breakMark = (x: number): Html => html`<path class="line whole" d="M${x - 5} 6l5-12m1 12l5-12"/>`;

const lane = ({ x }: Lanes, name: Lane): number => x.get(name) ?? 0;

/** An act of a person is a dot on their lane; a refused one is a crossed circle. */
function act(row: Row, lanes: Lanes): Html {
  const x = lane(lanes, row.from);
  return row.message.outcome === 'succeeded' ? html`<circle class="dot" cx="${x}" r="6"/>` : crossedCircle(x);
}

/** A message of a party to itself. */
function loop(row: Row, lanes: Lanes): Html {
  const x = lane(lanes, row.from);
  const end = row.message.outcome === 'refused' ? crossedCircle(x) : tip(x + 2, -1);
  return html`<circle class="dot" cx="${x}" cy="-8" r="3"/><path class="line" d="M${x} -8h22v8H${x + 9}"/>${end}`;
}

/** Draws the arrow between two lanes. The outcome changes its end, so that it does not depend on colour. */
function betweenLanes(row: Row, lanes: Lanes): Html {
  const { hop, message } = row;
  const start = lane(lanes, row.from);
  const end = lane(lanes, row.to);
  const towards = end > start ? 1 : -1;
  // The first hop of a redirect arrived, even when the second did not.
  const outcome = hop === 'answer' ? 'succeeded' : message.outcome;
  const breaks = outcome === 'failed' || outcome === 'lost';
  const breakAt = start + (end - start) * 0.72;
  const lineEnd = breaks ? breakAt - 6 * towards : end - (outcome === 'refused' ? 8 : 9) * towards;
  const middle = Math.round(start + (end - start) * (breaks ? 0.4 : 0.5));
  const isWhole =
    message.kind === 'redirect' && hop === 'whole' && row.from !== 'browser' && row.to !== 'browser';
  const open = breaks ? breakMark(Math.round(breakAt)) : tip(end, towards);
  return html`<circle class="dot" cx="${start}" r="3"/><path class="line" d="M${start + 4 * towards} 0H${Math.round(lineEnd)}"/>${
    isWhole ? browserWindow(middle) : undefined
  }${outcome === 'refused' ? crossedCircle(end) : open}`;
}

/** More than the height of any row. */
const far = 300;

/** A lane is wider while it answers, from the message that it answers to the last call that it makes. */
const bar = ({ lane: name, part }: Row['spans'][number], lanes: Lanes): Html => {
  const top = part === 'start' ? -5 : -far;
  const bottom = part === 'end' ? 9 : far;
  return html`<rect class="answers" x="${lane(lanes, name) - 4}" y="${top}" width="8" height="${bottom - top}" rx="3"/>`;
};

/** Draws bars and arrow of a row around y = 0. */
export function arrowOf(row: Row, lanes: Lanes): Html {
  const { kind, outcome } = row.message;
  const arrow = row.from === row.to ? loop : betweenLanes;
  const drawn = kind === 'act' ? act : arrow;
  const bad = isHarmless(row.message) ? 'calm' : outcome;
  const style = `${kind}${outcome === 'succeeded' || row.hop === 'answer' ? '' : ` ${bad}`}`;
  return html`${row.spans.map((span) => bar(span, lanes))}<g class="${style}">${drawn(row, lanes)}</g>`;
}

/** Draws the diagram's part of a row around its middle. The row clips the rest, at any height. */
export const arrowPicture = (row: Row, lanes: Lanes): Html =>
  html`<svg class="arrow" width="${lanes.width}" height="1" aria-hidden="true">${arrowOf(row, lanes)}</svg>`;

/** Styles of arrows and lanes, for the page and for a picture on its own. They use --accent, --bad, --quiet, --line, --card, --accent-soft and --warn. */
export const arrowStyles = `
.dot, .tip { fill: var(--accent); }
.line { fill: none; stroke: var(--accent); stroke-width: 2; }
.glass { fill: var(--card); stroke: var(--accent); stroke-width: 1.5; }
.redirect .line { stroke-dasharray: 5 3; }
.answers { fill: var(--accent-soft); stroke: var(--accent); }
:is(.refused, .failed, .lost) .line { stroke: var(--bad); }
:is(.refused, .failed, .lost) :is(.dot, .tip) { fill: var(--bad); }
:is(.refused, .failed, .lost) .glass { stroke: var(--bad); }
.calm .line { stroke: var(--quiet); } .calm .dot { fill: var(--quiet); }
.line.whole { stroke-dasharray: none; }
.lane-lines line { stroke: var(--line); }
`;
