import { ledgerOf, type Row } from '../../../journeys/ledger.ts';
import type { Journey, Lane } from '../../../journeys/model.ts';
import { duration, laneName, wordsOf } from '../../../journeys/text.ts';

/** Names of participants may contain letters and digits only. */
const idOf = (lane: Lane): string => lane.replaceAll(/[^a-z0-9]/gi, '_');

/** Escapes a text. Semicolons and line breaks end a statement, `#` begins an entity, and `<` begins markup. */
const escaped = (text: string): string =>
  text.replaceAll(/[#;%<>&{}"`\\]|[\s\p{C}]+/gu, (found) =>
    /^[\s\p{C}]/u.test(found) ? ' ' : `#${found.codePointAt(0)};`,
  );

/** The line of each outcome: a cross where a message was refused, lost or failed; an open end is not available for all. */
function lineOf({ message: { kind, outcome }, hop }: Row): string {
  const isDashed = kind === 'redirect';
  const isWhole = outcome === 'succeeded' || hop === 'answer';
  if (isWhole) return isDashed ? '-->>' : '->>';
  return isDashed ? '--x' : '-x';
}

function statement(row: Row): string {
  const { message, from, to, label, hop } = row;
  const words = hop === 'answer' ? 'Redirects the browser' : wordsOf(message);
  const text = escaped(`${label}. ${words} (${duration(message.offsetMs)})`);
  return message.kind === 'act'
    ? `Note over ${idOf(from)}: ${text}`
    : `${idOf(from)}${lineOf(row)}${idOf(to)}: ${text}`;
}

/** Returns the statements of a row: its pause and phase as notes, then the message, and the bars of those that call others. */
function statementsOf(row: Row, lanes: readonly Lane[]): string[] {
  const first = idOf(lanes[0] ?? 'application');
  const last = idOf(lanes.at(-1) ?? 'application');
  const over = first === last ? first : `${first},${last}`;
  const of = (part: 'start' | 'end', verb: string) =>
    row.spans.filter((span) => span.part === part).map(({ lane }) => `${verb} ${idOf(lane)}`);
  return [
    ...(row.pause === undefined ? [] : [`Note over ${over}: ${duration(row.pause)} outside Alongside`]),
    ...(row.phase === undefined ? [] : [`Note over ${over}: ${escaped(row.phase)}`]),
    statement(row),
    ...of('start', 'activate'),
    ...of('end', 'deactivate'),
  ];
}

/** Returns a journey as a sequence diagram in the language of Mermaid. */
export function mermaidOf(journey: Journey): string {
  const { lanes, rows } = ledgerOf(journey, { show: 'all', hops: 'one' });
  const participants = lanes.map((lane) => `participant ${idOf(lane)} as ${escaped(laneName(lane))}`);
  const lines = [...participants, ...rows.flatMap((row) => statementsOf(row, lanes))];
  return `sequenceDiagram\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
