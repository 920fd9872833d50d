import { readFileSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { StillRunning } from './still-running.mjs';

/** Maximum number of characters kept of a failed file's standard error. */
const maxOutputLength = 4_000;
/** Maximum numbers of characters and lines kept of what a failed test threw. */
const maxReasonLength = 2_000;
const maxReasonLines = 20;

/**
 * A second reporter for node:test. Writes JSON to its file: the closing lines, failed and skipped tests, and the standard error
 * of groups with a failure.
 */
export default async function* closing(events) {
  const still = new StillRunning();
  const lines = new Map();
  const skipped = [];
  const failed = [];
  const stderr = new Map();
  const on = {
    'test:dequeue': (data) => isFile(data) && still.started(data.name, data.file),
    'test:complete': (data) => {
      still.heard();
      if (isFile(data)) still.ended(data.name);
    },
    'test:pass': (data) => data.skip !== undefined && skipped.push(skip(data)),
    // A suite fails because of its tests, which are listed, or by itself: its file cannot be loaded, or a hook throws.
    'test:fail': (data) => data.details.error?.failureType !== 'subtestsFailed' && failed.push(failure(data)),
    'test:stderr': ({ file, message }) =>
      stderr.set(file, `${stderr.get(file) ?? ''}${message}`.slice(-maxOutputLength)),
    'test:diagnostic': ({ nesting, message }) => nesting === 0 && keepCount(lines, message),
  };
  for await (const { type, data } of events) on[type]?.(data);
  still.stop();
  const said = [...stderr]
    .map(([group, text]) => [group, filesOf(group), text])
    .filter(([id, files]) => failed.some(({ file, group }) => group === id || files.includes(file)))
    .map(([, files, text]) => [files, text]);
  yield JSON.stringify({ lines: [...lines.values()], skipped, failed, said });
}

/** A test file is a suite of its group; a group has the extension .mjs. */
const isFile = ({ nesting, name }) => nesting === 0 && /\.test\.[jt]s$/.test(name);
const isGroup = ({ nesting, name }) => nesting === 0 && name.endsWith('.test.mjs');

/** Returns a file's path within the clone, where node:test runs. */
const within = (file) => (file ? relative(process.cwd(), resolve(file)).split(sep).join('/') : undefined);

function failure({ file, line, name, nesting, details: { error } }) {
  if (isGroup({ nesting, name })) {
    return { group: file, name: `the process of ${filesOf(file).join(', ')}`, why: endOf(error) };
  }
  const why = reasonOf(error);
  return isFile({ nesting, name })
    ? { file: name, name: 'the file', why }
    : { file: within(file), line, name, why };
}

/** Returns how a process ended although its tests had passed, or what its last hook threw. */
const endOf = (error) => {
  const { exitCode, signal } = error ?? {};
  if (signal) return [`ended by ${signal}`];
  return exitCode ? [`exit code ${exitCode}`] : reasonOf(error);
};

/** Returns the first lines of what a test threw. */
const reasonOf = (error) =>
  String(error?.cause?.stack ?? error?.cause ?? error?.message ?? '')
    .trim()
    .slice(0, maxReasonLength)
    .split('\n')
    .slice(0, maxReasonLines);

/** Returns the test files of a group's entry file. */
const filesOf = (group) =>
  [...readFileSync(group, 'utf8').matchAll(/^describe\((".*?"),/gm)].map(([, file]) => JSON.parse(file));

function skip({ file, name, skip: reason }) {
  const why = typeof reason === 'string' && reason !== '' ? ` (${reason})` : '';
  return { file: within(file), name: `${name}${why}` };
}

/** node:test reports its counts as diagnostics of the form `pass 12`; those of the whole run are last. */
function keepCount(lines, message) {
  const [, name] = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.exec(message) ?? [];
  if (name) lines.set(name, `# ${message}`);
}
