import { relative, resolve } from 'node:path';
import { StillRunning } from './still-running.mjs';

/** How much of a failed file's standard error is kept, in characters. */
const longestSaid = 4_000;

/**
 * A reporter for node:test beside the visible one. Its output, meant for a file, is JSON: the closing lines, the
 * tests that failed or were skipped, and what the failed files wrote on standard error.
 */
export default async function* closing(events) {
  const still = new StillRunning();
  const lines = new Map();
  const skipped = [];
  const failed = [];
  const stderr = new Map();
  const hear = {
    'test:dequeue': (data) => isFile(data) && still.started(data.name),
    'test:complete': (data) => {
      still.heard();
      if (isFile(data)) still.ended(data.name);
    },
    'test:pass': (data) => data.skip !== undefined && skipped.push(skip(data)),
    'test:fail': (data) => data.details.type !== 'suite' && failed.push(failure(data)),
    'test:stderr': ({ file, message }) => {
      const path = within(file);
      stderr.set(path, `${stderr.get(path) ?? ''}${message}`.slice(-longestSaid));
    },
    'test:diagnostic': ({ nesting, message }) => nesting === 0 && keepCount(lines, message),
  };
  for await (const { type, data } of events) hear[type]?.(data);
  still.stop();
  const said = [...stderr].filter(([path]) => failed.some(({ file }) => file === path));
  yield JSON.stringify({ lines: [...lines.values()], skipped, failed, said });
}

const isFile = ({ nesting, name }) => nesting === 0 && name.endsWith('.test.ts');

/** A file's path within the clone, where node:test runs. */
const within = (file) => (file ? relative(process.cwd(), resolve(file)) : undefined);

const failure = ({ file, line, name }) => ({ file: within(file), line, name });

function skip({ file, name, skip: reason }) {
  const why = typeof reason === 'string' && reason !== '' ? ` (${reason})` : '';
  return { file: within(file), name: `${name}${why}` };
}

/** node:test tells its counts as diagnostics of the form `pass 12`, the whole run's last. */
function keepCount(lines, message) {
  const [, name] = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.exec(message) ?? [];
  if (name) lines.set(name, `# ${message}`);
}
