import { counted } from '@alongside/kernel/operator';
import type { Journey, Message } from '../../../journeys/model.ts';
import {
  dateAndTime,
  duration,
  laneName,
  patternName,
  requestLine,
  titleOf,
  wordsOf,
} from '../../../journeys/text.ts';
import { mermaidOf } from './mermaid.ts';

/** Escapes a text for a line or a cell of a table in Markdown. */
const escaped = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#~@]/g, (sign) => `\\${sign}`);

/** Returns text as inline code. Backquotes cannot be escaped in it. */
const code = (text: string): string =>
  `\`${text.replaceAll(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|')}\``;

function refusalOf(message: Message): string[] {
  const { number, refusal, requestId, correlationId, id } = message;
  const ids = [
    `- Message: ${code(id)}`,
    ...(requestId ? [`- X-Request-ID: ${code(requestId)}`] : []),
    ...(correlationId ? [`- X-Correlation-ID: ${code(correlationId)}`] : []),
  ];
  if (!refusal) return [`## Step ${number} failed: ${escaped(wordsOf(message))}`, '', ...ids, ''];
  const { headline, received, expected, fix, error, source } = refusal;
  return [
    `## Step ${number} was refused: ${escaped(headline)}`,
    '',
    ...(received === null ? [] : [`- Received: ${escaped(received)}`]),
    ...(expected === null ? [] : [`- Expected: ${escaped(expected)}`]),
    `- What to do: ${escaped(fix)}`,
    `- Error: ${code(error)} (${escaped(source)})`,
    ...ids,
    '',
  ];
}

const stepRow = (message: Message): string => {
  const { number, offsetMs, from, to, kind } = message;
  const line = requestLine(message);
  const parties = from === to ? laneName(from) : `${laneName(from)} → ${laneName(to)}`;
  return `| ${number} | ${duration(offsetMs)} | ${escaped(parties)} | ${kind} | ${escaped(wordsOf(message))} | ${line === '' ? '' : code(line)} |`;
};

/** Returns a journey as Markdown for a bug report: the refusal first, then all steps and a diagram. It contains no headers and bodies. */
export function markdownOf(journey: Journey, version: string): string {
  const { id, outcome, pattern, startedAt, durationMs, count, faults, isClockMoved, messages, failedStep } =
    journey;
  const failed = messages.find(({ number }) => number === failedStep);
  const conditions = [
    ...(isClockMoved ? ['The clock was moved.'] : []),
    ...(faults.length > 0 ? [`Injected faults: ${faults.map(escaped).join(', ')}.`] : []),
  ];
  return [
    `# ${escaped(titleOf(journey))}: ${outcome}`,
    '',
    `${patternName(pattern)}, ${dateAndTime(startedAt)}, ${counted(count, 'request')} in ${duration(durationMs)}. Journey ${code(id)}, Alongside ${version}.`,
    '',
    ...(conditions.length > 0 ? [conditions.join(' '), ''] : []),
    ...(failed ? refusalOf(failed) : []),
    '## Steps',
    '',
    '| # | time | from and to | kind | what happened | request |',
    '|---|---|---|---|---|---|',
    ...messages.map(stepRow),
    '',
    '```mermaid',
    mermaidOf(journey).trimEnd(),
    '```',
    '',
  ].join('\n');
}
