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
  const lines = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:dequeue' && isFile(data)) at.set(data.name, performance.now());
    if (type === 'test:complete' && isFile(data)) at.delete(data.name);
    if (type === 'test:complete') last = performance.now();
    if (type === 'test:pass' && data.skip !== undefined) skipped.push(skip(data));
    if (type === 'test:diagnostic' && data.nesting === 0) keepCount(lines, data.message);
  }
  clearInterval(ticker);
  yield JSON.stringify({ skipped, lines: [...lines.values()] });
}

const isFile = (data) => data.nesting === 0 && data.name.endsWith('.test.ts');

function skip({ file, name, skip: reason }) {
  const why = typeof reason === 'string' && reason !== '' ? ` (${reason})` : '';
  return { file: file ? relative(process.cwd(), file) : undefined, name: `${name}${why}` };
}

/** node:test tells its counts as diagnostics of the form `pass 12`, the whole run's last. */
function keepCount(lines, message) {
  const [, name] = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.exec(message) ?? [];
  if (name) lines.set(name, `# ${message}`);
}
