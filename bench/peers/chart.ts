/** One row of the chart: processor time of one operation in microseconds. */
export interface ChartRow {
  readonly about: string;
  readonly cpu: number;
  /** The cryptography alone, if it was measured. */
  readonly limit: number | null;
  readonly peers: readonly { readonly name: string; readonly cpu: number }[];
}

const width = 860;
const left = 250;
const bar = 12;
const margin = 12;
const classes = ['ours', 'first', 'second'];

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${x}" y="${y}"${attributes}>${content}</text>`;

/** Draws a row: a bar for each server, as long as its processor time is of the longest of the row. */
function drawRow({ about, cpu, limit, peers }: ChartRow, top: number): string {
  const bars = [cpu, ...peers.map((peer) => peer.cpu)];
  const scale = (width - left - 90) / Math.max(...bars);
  const length = (value: number): number => Math.round(value * scale);
  return [
    text(left - 10, top + (bars.length * bar) / 2 + 4, about, ' text-anchor="end" class="about"'),
    ...bars.map((value, n) => {
      const y = top + n * bar;
      return `<rect class="${classes[n]}" x="${left}" y="${y}" width="${length(value)}" height="${bar - 2}"/>${text(left + length(value) + 6, y + bar - 3, `${Math.round(value)} µs`)}`;
    }),
    ...(limit === null
      ? []
      : [`<path class="limit" d="M${left + length(limit)} ${top - 2}v${bars.length * bar + 2}"/>`]),
  ].join('');
}

/** Returns the figures as an SVG. Each row has its own scale, because operations differ by a factor of a hundred. */
export function chart(rows: readonly ChartRow[], about: string): string {
  const names = ['Alongside', ...(rows[0]?.peers.map(({ name }) => name) ?? [])];
  const rowHeight = names.length * bar + 14;
  const height = 66 + rows.length * rowHeight + margin;
  const legend = names.map((name, n) => {
    const x = left + n * 170;
    return `<rect class="${classes[n]}" x="${x}" y="34" width="12" height="10"/>${text(x + 18, 43, name)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="chart-title chart-about" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title id="chart-title">Processor time of one operation</title>
<desc id="chart-about">${about} ${rows.map((row) => `${row.about}: Alongside ${Math.round(row.cpu)} µs, ${row.peers.map(({ name, cpu }) => `${name} ${Math.round(cpu)} µs`).join(', ')}.`).join(' ')}</desc>
<style>
svg { background: #fbfaf7; font: 11px system-ui, sans-serif; fill: #14201d; } .title { font-size: 13px; font-weight: 600; }
.ours { fill: #0b5d4f; } .first { fill: #8fb8ac; } .second { fill: #cfd6d2; } .limit { stroke: #b3261e; stroke-width: 1.5; }
</style>
${text(margin, 22, `Processor time of one operation. Red line: the cryptography alone. ${about}`, ' class="title"')}
${legend.join('')}
${rows.map((row, n) => drawRow(row, 62 + n * rowHeight)).join('\n')}
</svg>
`;
}
