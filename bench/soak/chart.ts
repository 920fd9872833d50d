import { figures, type Sample } from './samples.ts';

const width = 860;
const left = 150;
const band = 70;
const gap = 16;

/** Returns the samples as an SVG: one line for each figure, each with its own scale from zero. */
export function soakChart(samples: readonly Sample[], about: string): string {
  const end = samples.at(-1)?.at ?? 1;
  const height = 50 + figures.length * (band + gap) + 24;
  const bands = figures.map(({ label, unit, digits }, n) => {
    const values = samples.map((sample) => sample.values[n] ?? 0);
    const top = Math.max(...values, 1e-9);
    const base = 50 + n * (band + gap) + band;
    const points = samples.map(
      ({ at }, k) =>
        `${Math.round(left + (at / end) * (width - left - 20))},${Math.round(base - ((values[k] ?? 0) / top) * band)}`,
    );
    return `<text x="${left - 10}" y="${base - band / 2}" text-anchor="end">${label}</text>
<text x="${left - 10}" y="${base - band / 2 + 14}" text-anchor="end" class="most">up to ${top.toFixed(digits)}${unit}</text>
<path class="axis" d="M${left} ${base}h${width - left - 20}"/><polyline points="${points.join(' ')}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="soak-title soak-about" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title id="soak-title">An instance under a steady load</title>
<desc id="soak-about">${about}</desc>
<style>svg { background: #fbfaf7; font: 11px system-ui, sans-serif; fill: #14201d; } .title { font-size: 13px; font-weight: 600; } .most { fill: #55615d; }
polyline { fill: none; stroke: #0b5d4f; stroke-width: 1.5; } .axis { stroke: #cfd6d2; }</style>
<text x="12" y="24" class="title">${about}</text>
${bands.join('\n')}
<text x="${left}" y="${height - 10}">0</text><text x="${width - 20}" y="${height - 10}" text-anchor="end">${(end / 60).toFixed(1)} minutes</text>
</svg>
`;
}
