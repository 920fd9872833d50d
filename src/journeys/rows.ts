import { pieces } from '../storage/batches.ts';
import { type Database, type Statement, sql, type Value } from '../storage/database.ts';
import type { Delta } from './delta.ts';

/** The columns of a journey, with their types. */
const columns = {
  id: 'TEXT',
  started_at: 'BIGINT',
  ended_at: 'BIGINT',
  pattern: 'BIGINT',
  outcome: 'TEXT',
  decided_at: 'BIGINT',
  headline: 'TEXT',
  waiting_for: 'TEXT',
  person: 'TEXT',
  application: 'TEXT',
  role: 'TEXT',
  level: 'TEXT',
  session: 'TEXT',
  messages: 'BIGINT',
  wrong_pins: 'BIGINT',
  failed: 'TEXT',
  faults: 'TEXT',
  clock_moved: 'BIGINT',
};
const names = Object.keys(columns).join(', ');

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
  delta.id,
  Math.floor(delta.startedAt),
  Math.ceil(delta.endedAt),
  delta.pattern,
  delta.outcome,
  Math.ceil(delta.decidedAt),
  delta.headline,
  delta.waitingFor,
  delta.person,
  delta.application,
  delta.role,
  delta.level,
  delta.session,
  delta.messages,
  delta.wrongPins,
  delta.failed,
  delta.faults,
  delta.clockMoved,
];

const row = `(${Object.keys(columns)
  .map(() => '?')
  .join(', ')})`;

/**
 * One text and one value for PostgreSQL, whatever the number of rows: to send each value alone costs more than to store it. Two
 * processes lock rows in one order.
 */
const postgresText = `INSERT INTO journey (${names})
  SELECT ${Object.values(columns)
    .map((type, n) => `CAST(delta ->> ${n} AS ${type})`)
    .join(', ')}
  FROM jsonb_array_elements(CAST(? AS JSONB)) AS found(delta) ORDER BY delta ->> 0 ${conflict}`;

/** Characters that JSON escapes, but PostgreSQL refuses in a text. */
const unstorable = /\\(?:\\|u(?:0000|d[89a-f][\da-f]{2}))/g;
const storable = (json: string): string =>
  json.includes('\\u') ? json.replace(unstorable, (found) => (found === '\\\\' ? found : '\ufffd')) : json;

/** Adds an application that a sign-out reached, unless its journey has it as its first. */
const reachedText = `INSERT INTO journey_reached (journey, application, started_at)
  SELECT id, CAST(? AS TEXT), started_at FROM journey WHERE id = ? AND application <> ? ON CONFLICT DO NOTHING`;

/** Returns the statements that add to the rows of journeys, with few different texts. */
export function deltaStatements(deltas: readonly Delta[], dialect: Database['dialect']): Statement[] {
  if (deltas.length === 0) return [];
  const reached = deltas.flatMap(({ id, reached: applications }) =>
    applications.map((application) => sql(reachedText, application, id, application)),
  );
  if (dialect === 'postgres')
    return [sql(postgresText, storable(JSON.stringify(deltas.map(valuesOf)))), ...reached];
  const rows = pieces(deltas).map((some) =>
    sql(
      `INSERT INTO journey (${names}) VALUES ${some.map(() => row).join(', ')} ${conflict}`,
      ...some.flatMap(valuesOf),
    ),
  );
  return [...rows, ...reached];
}
