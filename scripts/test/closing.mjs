import { relative } from 'node:path';

/** How long a run may be silent before it says which files it is at, in milliseconds. */
const silence = 30_000;

/**
 * A reporter for node:test beside the visible one. Its own output, meant for a file, is JSON: the closing lines,
 * and the tests that were skipped. On standard error it says which files are being run when nothing has ended for a while.
 */
export default async function* closing(events) {
  const skipped = [];
  const at = new Map();
  let last = performance.now();
  const ticker = setInterval(() => {
    if (performance.now() - last < silence || at.size === 0) return;
    last = performance.now();
    const files = [...at].map(
      ([file, since]) => `${relative(process.cwd(), file)} (${Math.round((last - since) / 1000)} s)`,
    );
    process.stderr.write(`alongside: still running ${files.join(', ')}\n`);
  }, 1_000);
  ticker.unref();
  let counts;
  for await (const { type, data } of events) {
    if (type === 'test:dequeue' && isFile(data)) at.set(data.name, performance.now());
    if (type === 'test:complete' && isFile(data)) at.delete(data.name);
    if (type === 'test:complete') last = performance.now();
    if (type === 'test:pass' && data.skip !== undefined) skipped.push(skip(data));
    if (type === 'test:summary' && data.file === undefined) counts = data;
  }
  clearInterval(ticker);
  yield JSON.stringify({ skipped, lines: counts ? closingLines(counts) : [] });
}

const isFile = (data) => data.nesting === 0 && data.name.endsWith('.test.ts');

function skip({ file, name, skip: reason }) {
  const why = typeof reason === 'string' && reason !== '' ? ` (${reason})` : '';
  return { file: file ? relative(process.cwd(), file) : undefined, name: `${name}${why}` };
}

function closingLines({ counts, duration_ms: duration }) {
  const { tests, suites, passed, failed, cancelled, skipped, todo } = counts;
  const lines = {
    tests,
    suites,
    pass: passed,
    fail: failed,
    cancelled,
    skipped,
    todo,
    duration_ms: Math.round(duration),
  };
  return Object.entries(lines).map(([name, value]) => `# ${name} ${value}`);
}
