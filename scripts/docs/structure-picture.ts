import { readFileSync } from 'node:fs';
import { importsOf, productFiles } from '../check/imports.mjs';

/** A box of the picture: a folder, or the files directly in `src`. */
interface Part {
  name: string;
  about: string;
  width: number;
}

const part = (name: string, about: string, width = 118): Part => ({ name, about, width });

/** The rows from the top down. A part imports parts of lower rows, and only `protocol.ts` of parts in the same row. */
const rows: readonly (readonly Part[])[] = [
  [
    part('cli', 'the commands of alongside', 339),
    part('main.ts', 'life cycle and wiring', 338),
    part('boot', 'ports, keys, TLS, reload', 337),
  ],
  [
    part('identity-agent', 'card and PIN', 113),
    part('cis', 'smartcards', 93),
    part('cis2', 'OpenID provider', 103),
    part('authorisation', 'API tokens', 110),
    part('gateway', 'APIs, PDS', 103),
    part('signing', 'signatures', 103),
    part('mock', 'test endpoints', 96),
    part('console', 'inspect, manage', 103),
    part('sample', 'an application', 106),
  ],
  [
    part('seed', 'applications and products for development', 778),
    part('journeys', 'who did what'),
    part('kit', 'for tests'),
  ],
  [
    part('oauth', 'tokens, clients, the core of the authorization servers', 910),
    part('client', 'for suppliers'),
  ],
  [part('storage', 'SQLite, PostgreSQL, migrations, single use, events, audit', 1042)],
  [part('kernel', 'HTTP, steps, errors, clock, keys, events', 1042)],
];

const gap = 14;
const margin = 16;
const height = 46;
const lane = 18;
const boxesWidth = rows[1]!.reduce((sum, { width: w }) => sum + w + gap, -gap);
/** Left edge of the names of the protocols, beside the boxes, where no line crosses them. */
const labels = margin + boxesWidth + gap;
const width = labels + 150 + margin;

/** Returns the part of a file or of a package of the product; undefined for other packages. */
const partOf = (file: string): string | undefined => {
  const [first = '', second = ''] = file.replace(/^@alongside\//, '').split('/');
  if (first === 'src') return second.endsWith('.ts') ? 'main.ts' : second;
  return ['kernel', 'client', 'identity-agent'].includes(first) ? first : undefined;
};

interface Import {
  from: string;
  to: string;
  /** Whether it is an import of the other part's `protocol.ts`. */
  isProtocol: boolean;
}

/** Returns the imports between parts. Throws for a folder without a box, and for an import that the picture denies. */
function importsOfParts(): Import[] {
  const rowOf = (name: string): number => {
    const row = rows.findIndex((parts) => parts.some((one) => one.name === name));
    if (row < 0) throw new Error(`scripts/docs/structure-picture.ts has no box for ${name}.`);
    return row;
  };
  const found = new Map<string, Import>();
  for (const file of productFiles()) {
    for (const target of importsOf(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))) {
      const [from, to] = [partOf(file), partOf(target)];
      // `src/service.ts` and `src/version.ts` contain types and constants, and import nothing.
      if (from === undefined || to === undefined || from === to || to === 'main.ts') continue;
      const isProtocol = /\/protocol(\.ts$|\/)/.test(target);
      if (!isProtocol && rowOf(from) >= rowOf(to) && rowOf(from) > 0)
        throw new Error(`${file} imports ${target}, which docs/structure.svg does not allow.`);
      found.set(`${from} ${to} ${isProtocol}`, { from, to, isProtocol });
    }
  }
  return [...found.values()];
}

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${x}" y="${y}"${attributes}>${content}</text>`;

/** Draws one row of boxes; remembers the middle of each. */
function boxes(parts: readonly Part[], y: number, middles: Map<string, number>): string {
  let x = margin;
  return parts
    .map(({ name, about, width: w }) => {
      const middle = x + w / 2;
      middles.set(name, middle);
      const drawn = [
        `<rect class="part" x="${x}" y="${y}" width="${w}" height="${height}" rx="5"/>`,
        text(middle, y + 20, name, ' class="name" text-anchor="middle"'),
        text(middle, y + 36, about, ' text-anchor="middle"'),
      ].join('');
      x += w + gap;
      return drawn;
    })
    .join('\n');
}

/** Draws the protocol of one part as a line, with a dot for each part that imports it. */
function protocolLane(
  owner: string,
  users: readonly string[],
  y: number,
  boxBottom: number,
  at: (name: string) => number,
): string {
  const places = users.map(at);
  const from = at(owner);
  const [left, right] = [Math.min(from, ...places), Math.max(from, ...places)];
  return [
    `<path class="line" d="M${from} ${boxBottom}V${y}M${left} ${y}H${right}"/>`,
    ...places.map(
      (x) =>
        `<path class="user" d="M${x} ${boxBottom}V${y}"/><circle class="dot" cx="${x}" cy="${y}" r="3"/>`,
    ),
    text(labels, y + 4, `${owner}/protocol.ts`),
  ].join('');
}

/** Returns `docs/structure.svg`: the layers of the product, and which part imports the protocol of another. */
export function structurePicture(): string {
  const protocols = importsOfParts().filter(
    ({ isProtocol, from }) => isProtocol && from !== 'cli' && from !== 'boot',
  );
  const owners = [...new Set(protocols.map(({ to }) => to))].sort();
  const middles = new Map<string, number>();
  const tops = rows.map((_, row) => margin + row * (height + gap) + (row > 1 ? owners.length * lane : 0));
  const drawn = rows.map((parts, row) => boxes(parts, tops[row]!, middles));
  const offset = (name: string, owner: string): number =>
    middles.get(name)! + (owners.indexOf(owner) - (owners.length - 1) / 2) * 14;
  const lines = owners.map((owner, index) =>
    protocolLane(
      owner,
      protocols.filter(({ to }) => to === owner).map(({ from }) => from),
      tops[1]! + height + (index + 1) * lane,
      tops[1]! + height,
      (name) => offset(name, owner),
    ),
  );
  const total = tops.at(-1)! + height + margin;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="structure-title structure-about" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}">
<title id="structure-title">Structure of the product</title>
<desc id="structure-about">Six rows of folders. A folder imports folders of lower rows. Of its own row it imports only protocol.ts: ${protocols.map(({ from, to }) => `${from} imports ${to}/protocol.ts`).join(', ')}.</desc>
<style>
svg { background: #fbfaf7; font: 11px system-ui, sans-serif; fill: #14201d; }
.part { fill: #e3f0ec; stroke: #cfd6d2; } .name { font-weight: 600; font-size: 13px; }
.line, .user { stroke: #0b5d4f; fill: none; stroke-width: 1.5; } .user { stroke-dasharray: 3 3; } .dot { fill: #0b5d4f; }
</style>
${drawn.join('\n')}
${lines.join('\n')}
</svg>
`;
}
