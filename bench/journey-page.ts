// Measures the page of a journey with very many messages: time to render, size, and until the first paint in Chromium, cold and warm,
// the time and the processor time of its main thread, which does not depend on other programs:
// `npm run bench:journey-page [-- --messages 1000] [--rounds 5] [--json]`. Never fails on a figure.

import { viewOf } from '../src/console/pages/journey/address.ts';
import { ledger } from '../src/console/pages/journey/page.ts';
import { longJourney } from '../src/console/pages/journey/testing/journey.ts';
import { startConsole } from '../src/console/testing/console.ts';
import { firstPaint, launchBrowser } from '../test/testing/browser.ts';
import { endWith, readBenchFlags } from './flags.ts';

const usageText = 'bench:journey-page -- [--messages 1000] [--rounds 5] [--json]';
const { values } = readBenchFlags(usageText, {
  options: {
    messages: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const messages = Number(values.messages);
const rounds = Number(values.rounds);
if (!(messages >= 1 && messages <= 10_000 && rounds >= 1)) endWith(usageText);

const journey = longJourney(messages);
const median = (figures: readonly number[]): number =>
  Math.round(figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0);

const view = viewOf(journey, new URLSearchParams());
const renders = Array.from({ length: rounds }, () => {
  const start = performance.now();
  String(ledger(journey, view));
  return performance.now() - start;
});

const console = await startConsole({
  journeys: {
    list: async () => ({ journeys: [], next: null }),
    find: async (id) => (id === 'short' ? longJourney(10) : journey),
    message: async () => undefined,
    errorsSince: async () => 0,
  },
});
const browser = await launchBrowser();
/** A cold paint is that of a new browser context, without its cache. */
async function paints(id: string, count: number) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
  const figures: Awaited<ReturnType<typeof firstPaint>>[] = [];
  for (let round = 0; round < count; round++)
    figures.push(await firstPaint(context, `http://localhost:${console.port}/journeys/${id}`));
  await context.close();
  return figures;
}
const [cold] = await paints(journey.id, 1);
const [, ...warm] = await paints(journey.id, rounds + 1);
const [, ...short] = await paints('short', rounds + 1);
const { text } = await console.send(`/journeys/${journey.id}`);
await browser.close();
await console.close();

const result = {
  messages,
  renderMs: median(renders),
  kilobytes: Math.round(Buffer.byteLength(text) / 1024),
  firstPaintColdMs: Math.round(cold?.ms ?? 0),
  firstPaintWarmMs: median(warm.map(({ ms }) => ms)),
  processorMs: median(warm.map(({ processorMs }) => processorMs)),
  /** Of a journey with 10 messages, for comparison. */
  shortJourneyMs: median(short.map(({ ms }) => ms)),
  shortJourneyProcessorMs: median(short.map(({ processorMs }) => processorMs)),
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : `${messages} messages: rendered in ${result.renderMs} ms, ${result.kilobytes} KB, first paint after ${result.firstPaintColdMs} ms cold and ${result.firstPaintWarmMs} ms warm (${result.processorMs} ms of processor); of 10 messages after ${result.shortJourneyMs} ms (${result.shortJourneyProcessorMs} ms)\n`,
);
