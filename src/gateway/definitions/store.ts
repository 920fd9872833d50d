import { uuid } from '@alongside/kernel/ids';
import { isObject } from '@alongside/kernel/json';
import { z } from 'zod';
import { type Database, must, type Statement, seldom, sql } from '../../storage/database.ts';
import { integer, json, onceFor, type RowOf, row, sharedJson, text } from '../../storage/row.ts';
import type { ApiDraft } from '../protocol.ts';
import type { ApiRecord } from './model.ts';

/** A definition with the number of its last change. */
export interface StoredApi extends ApiRecord {
  revision: number;
  /** Differs after each change, also of an API that was removed and added again, whose revision begins again. */
  version: string;
}

/** A recorded response. Never with tokens or identity headers of the request. */
export interface RecordedExample {
  status: number;
  contentType: string;
  /** Parameters of the path and the query. */
  values: Record<string, string>;
  value: unknown;
}

const definitionRow = row('api_definition', {
  body: sharedJson(z.custom<ApiRecord & { saved?: string }>(isObject)),
  revision: integer,
});
const sourceRow = row('api_definition', { source: json(z.custom<ApiDraft>(isObject)) });
const exampleRow = row('api_example', {
  operation: text,
  name: text,
  body: json(z.custom<RecordedExample>(isObject)),
});

const stored = onceFor(
  ({ body, revision }: RowOf<typeof definitionRow>): StoredApi => ({
    ...body,
    revision,
    version: `${revision} ${body.saved ?? body.hash}`,
  }),
);

/** Maximum number of recorded responses of one API. */
const maxExamples = 1_000;

export const secretPurpose = 'api-secret';
const secretPrefix = 'api-secret.';
/** The setting with a secret of targets, which the vault seals. */
export const secretSetting = (name: string): string => secretPrefix + name;

/** The stored definitions, read at each request, so that a change applies at once. */
export class ApiDefinitions {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async list(): Promise<readonly StoredApi[]> {
    const statement = seldom(
      sql('SELECT body, revision FROM api_definition ORDER BY name'),
      'api_definition',
    );
    return (await this.database.all(statement, definitionRow)).map(stored);
  }

  async get(name: string): Promise<StoredApi | undefined> {
    const statement = sql('SELECT body, revision FROM api_definition WHERE name = ?', name);
    const found = await this.database.get(statement, definitionRow);
    return found && stored(found);
  }

  /** Returns the source and the options of a definition, from which it can be read again. */
  async source(name: string): Promise<ApiDraft | undefined> {
    const statement = sql('SELECT source FROM api_definition WHERE name = ?', name);
    return (await this.database.get(statement, sourceRow))?.source;
  }

  /** Stores a new definition, or replaces this revision of one. Returns false after a concurrent write. */
  async save(record: ApiRecord, draft: ApiDraft, revision: number, ...others: Statement[]): Promise<boolean> {
    const { name, basePath } = record;
    const [body, source] = [JSON.stringify({ ...record, saved: uuid() }), JSON.stringify(draft)];
    const save =
      revision === 0
        ? sql(
            'INSERT INTO api_definition (name, base_path, body, source, revision) VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING',
            name,
            basePath,
            body,
            source,
          )
        : sql(
            'UPDATE api_definition SET base_path = ?, body = ?, source = ?, revision = revision + 1 WHERE name = ? AND revision = ?',
            basePath,
            body,
            source,
            name,
            revision,
          );
    return (await this.database.batch([must(save), ...others])).done;
  }

  async remove(name: string, ...others: Statement[]): Promise<boolean> {
    const remove = must(sql('DELETE FROM api_definition WHERE name = ?', name));
    const examples = sql('DELETE FROM api_example WHERE api = ?', name);
    return (await this.database.batch([remove, examples, ...others])).done;
  }

  /** Makes every process read the definitions again. */
  touchStatement(): Statement {
    return sql('UPDATE api_definition SET revision = revision + 1');
  }

  /** Keeps the first response of each request, up to a number for each API. */
  exampleStatement(api: string, operation: string, name: string, example: RecordedExample): Statement {
    return sql(
      `INSERT INTO api_example (api, operation, name, body) SELECT ?, ?, ?, ?
        WHERE (SELECT COUNT(*) FROM api_example WHERE api = ?) < ${maxExamples} ON CONFLICT DO NOTHING`,
      api,
      operation,
      name,
      JSON.stringify(example),
      api,
    );
  }

  async examples(api: string): Promise<readonly RowOf<typeof exampleRow>[]> {
    const statement = sql(
      'SELECT operation, name, body FROM api_example WHERE api = ? ORDER BY operation, name',
      api,
    );
    return this.database.all(statement, exampleRow);
  }
}

/** Removes every definition, with recorded responses and secrets. */
export async function resetDefinitions(database: Database): Promise<void> {
  await database.batch([
    sql('DELETE FROM api_definition'),
    sql('DELETE FROM api_example'),
    sql('DELETE FROM setting WHERE substr(name, 1, ?) = ?', secretPrefix.length, secretPrefix),
  ]);
}
