import { pieces } from '../storage/batches.ts';
import { type Statement, sql, type Value } from '../storage/database.ts';
import type { Delta } from './delta.ts';

const columns = [
  ...['id', 'started_at', 'ended_at', 'pattern', 'outcome', 'decided_at', 'headline', 'waiting_for'],
  ...[
    'person',
    'application',
    'role',
    'level',
    'session',
    'messages',
    'wrong_pins',
    'failed',
    'faults',
    'clock_moved',
  ],
];

/** The newest decision wins. */
const decided = (column: string): string =>
  `${column} = CASE WHEN excluded.decided_at >= journey.decided_at THEN excluded.${column} ELSE journey.${column} END`;
const greater = (column: string): string =>
  `${column} = CASE WHEN excluded.${column} > journey.${column} THEN excluded.${column} ELSE journey.${column} END`;
const first = (column: string): string => `${column} = COALESCE(journey.${column}, excluded.${column})`;
const sum = (column: string): string => `${column} = journey.${column} + excluded.${column}`;

const conflict = `ON CONFLICT (id) DO UPDATE SET
  started_at = CASE WHEN excluded.started_at < journey.started_at THEN excluded.started_at ELSE journey.started_at END,
  ${[
    ...['ended_at', 'pattern', 'clock_moved'].map(greater),
    ...['outcome', 'headline', 'waiting_for'].map(decided),
    greater('decided_at'),
    ...['person', 'application', 'role', 'level', 'session', 'failed'].map(first),
    ...['messages', 'wrong_pins'].map(sum),
    'faults = journey.faults || excluded.faults',
  ].join(', ')}`;

const valuesOf = (delta: Delta): Value[] => [
  ...[delta.id, Math.floor(delta.startedAt), Math.ceil(delta.endedAt), delta.pattern, delta.outcome],
  ...[Math.ceil(delta.decidedAt), delta.headline, delta.waitingFor, delta.person, delta.application],
  ...[
    delta.role,
    delta.level,
    delta.session,
    delta.messages,
    delta.wrongPins,
    delta.failed,
    delta.faults,
    delta.clockMoved,
  ],
];

const row = `(${columns.map(() => '?').join(', ')})`;

/** Returns the statements that add to the rows of journeys, with few different texts. */
export const deltaStatements = (deltas: readonly Delta[]): Statement[] =>
  pieces(deltas).map((some) =>
    sql(
      `INSERT INTO journey (${columns.join(', ')}) VALUES ${some.map(() => row).join(', ')} ${conflict}`,
      ...some.flatMap(valuesOf),
    ),
  );
