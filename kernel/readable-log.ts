import { parseOwnJson } from './json.ts';
import { printable } from './operator.ts';

/** Members of a line that its text shows, or that a developer does not need. */
const shown: ReadonlySet<string> = new Set([
  'level',
  'time',
  'service',
  'msg',
  'id',
  'traceId',
  'journey',
  'method',
  'route',
  'status',
  'ms',
  'outcome',
  'error',
  'detail',
  'acts',
  'address',
  'user',
  'application',
  'client',
  'api',
  'stack',
]);

const levels: Readonly<Record<number, string>> = { 40: 'warning: ', 50: 'error: ', 60: 'error: ' };

type Line = Readonly<Record<string, unknown>>;

const others = (line: Line): string =>
  Object.entries(line)
    .filter(([name]) => !shown.has(name))
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

function callText(
  { method, route, status, ms, error, detail, id, user, application, msg }: Line,
  explain: string,
): string {
  const call = `${method} ${route} ${status}`;
  if (msg === 'refused' || msg === 'failed')
    return `${call} ${[error, detail].filter(Boolean).join(': ')} (${explain} ${id})`;
  if (msg === 'request') return `${call} ${ms} ms`;
  return [user, application ? `for ${application}` : undefined].filter(Boolean).join(' ');
}

function textOf(line: Line, explain: string): string {
  const message = String(line.msg);
  if (line.route !== undefined) return `${message.padEnd(9)} ${callText(line, explain)}`;
  const more = [others(line), line.detail].filter(Boolean).join(', ');
  return `${levels[Number(line.level)] ?? ''}${message}${more === '' ? '' : ` (${more})`}`;
}

/**
 * Returns a line of the log as text for a terminal: time, service, event. A failure has its stack below.
 * @param explain the command that explains the refusal with an id
 */
export function readableLine(json: string, explain: string): string {
  const line = parseOwnJson<Line>(json);
  const time = new Date(Number(line.time)).toTimeString().slice(0, 8);
  const text = `  ${time}  ${String(line.service).padEnd(14)} ${textOf(line, explain)}`;
  const stack = typeof line.stack === 'string' ? line.stack.split('\n') : [];
  return [text, ...stack.map((frame) => `      ${frame}`)].map((one) => `${printable(one)}\n`).join('');
}
