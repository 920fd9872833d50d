import { Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import { pathPart } from '../address.ts';
import type { Admit, Caller } from '../callers.ts';
import { errors } from '../errors.ts';
import { firstProblem } from '../json-body.ts';
import type { Activity, DirectoryDocument, Person } from '../protocol.ts';
import { type Activities, activityShape, expandActivities } from './activities.ts';
import { type ParsedImport, parseDirectoryCsv, writeDirectoryCsv } from './csv.ts';
import type { Directory } from './directory.ts';
import { importAnswer, planImport } from './import.ts';

export interface TransferDeps {
  directory: Directory;
  activities: Activities;
  audit: AuditLog;
  admit: Admit;
  changed(uid: string, person: Person | null): Promise<void>;
}

interface Start {
  request: HttpRequest;
}

interface Brought extends ParsedImport {
  activities: Activity[] | undefined;
}

/** Largest import in bytes. */
const largest = 33_554_432;
const documentShape = z.strictObject({
  version: z.literal(1, 'must be 1'),
  people: z.array(z.record(z.string(), z.unknown())).max(100_000, 'must have at most 100000 entries'),
  organisations: z.unknown().optional(),
  activities: z.array(activityShape).max(10_000, 'must have at most 10000 entries').optional(),
});

const queryOf = (request: HttpRequest): URLSearchParams => new URLSearchParams(request.query);
const invalid = (field: string, problem: string) =>
  errors.bodyInvalid(`${field}: ${problem}`, { field, problem });

function readDocument(text: string): Brought {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw errors.bodyInvalid(reasonOf(error), {}, error);
  }
  const result = documentShape.safeParse(value);
  if (!result.success) {
    const { field, problem } = firstProblem(result.error);
    throw invalid(field, problem);
  }
  const { people, activities } = result.data;
  return {
    people: people.map((person, index) => ({ line: index + 1, value: person })),
    problems: [],
    activities,
  };
}

/** `POST /directory/import`, `GET /directory/export`, `GET /directory/activities`, `GET /directory/people/{uid}/activities`. */
export function transferRoutes(deps: TransferDeps): Route[] {
  const { directory, activities, audit, admit } = deps;
  const byConsole = admit('console');

  function readDryRun({ request }: Start): { dryRun: boolean } {
    const value = queryOf(request).get('dryRun') ?? 'false';
    if (value !== 'true' && value !== 'false') throw invalid('dryRun', 'must be true or false');
    return { dryRun: value === 'true' };
  }

  async function readBrought({ request }: Start): Promise<{ brought: Brought }> {
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
    if (type === 'text/csv')
      return { brought: { ...(await parseDirectoryCsv(request.body)), activities: undefined } };
    if (type !== 'application/json') throw errors.mediaType(`it is ${type || 'not said'}`);
    return { brought: readDocument(request.body) };
  }

  /** All or nothing: what somebody changes meanwhile is looked at again. */
  async function bring(known: { brought: Brought; dryRun: boolean; caller: Caller }) {
    const { brought, dryRun, caller } = known;
    for (;;) {
      const plan = await planImport(brought.people, directory);
      plan.problems.push(...brought.problems);
      if (plan.problems.length > 0)
        return json(422, { error: 'invalid_import', ...importAnswer(plan, dryRun) }).refusing(
          errors.importInvalid(`${plan.problems.length} problems`),
        );
      if (dryRun) return json(200, importAnswer(plan, true));
      const record = audit.recordStatement({
        actor: caller,
        action: 'directory.imported',
        target: '',
        outcome: 'ok',
        detail: { added: plan.added.length, changed: plan.changed.length },
      });
      const replaced = brought.activities ? [activities.replaceStatement(brought.activities)] : [];
      if (!(await directory.bring(plan.added, plan.changed, [...replaced, record]))) continue;
      for (const { person } of plan.changed) await deps.changed(person.uid, person);
      return json(200, importAnswer(plan, false));
    }
  }

  function readFormat({ request }: Start): { format: 'json' | 'csv' } {
    const format = queryOf(request).get('format') ?? 'json';
    if (format !== 'json' && format !== 'csv') throw invalid('format', 'must be json or csv');
    return { format };
  }

  async function answerExport({ format, caller }: { format: 'json' | 'csv'; caller: Caller }) {
    const people = await directory.everybody();
    await audit.recordAlone({
      actor: caller,
      action: 'directory.exported',
      target: '',
      outcome: 'ok',
      detail: { people: people.length, format },
    });
    if (format === 'csv')
      return new Answer(
        200,
        {
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': 'attachment; filename="directory.csv"',
          'cache-control': 'no-store',
        },
        writeDirectoryCsv(people),
      );
    return json(200, {
      version: 1,
      people,
      organisations: await directory.organisations(),
      activities: await activities.list(),
    } satisfies DirectoryDocument);
  }

  const answerActivities = async () => json(200, { activities: await activities.list() });

  async function answerExpanded({ request }: Start) {
    const uid = pathPart(request, 2);
    const found = await directory.find(uid);
    if (!found) throw errors.personMissing(`uid ${uid}`);
    return json(200, { roles: expandActivities(found.person, await activities.list()) });
  }

  const bringing = steps<Start>().step(byConsole).step(readDryRun).step(readBrought).step(bring);
  const exporting = steps<Start>().step(byConsole).step(readFormat).step(answerExport);
  const readers = admit('console', 'cis2', 'authorisation');
  const listing = steps<Start>().step(readers).step(answerActivities);
  const expanding = steps<Start>().step(readers).step(answerExpanded);
  return [
    {
      methods: ['POST'],
      path: '/directory/import',
      endpoint: (request) => bringing.run({ request }),
      bodyLimit: largest,
    },
    { methods: ['GET'], path: '/directory/export', endpoint: (request) => exporting.run({ request }) },
    { methods: ['GET'], path: '/directory/activities', endpoint: (request) => listing.run({ request }) },
    {
      methods: ['GET'],
      path: '/directory/people/:uid/activities',
      endpoint: (request) => expanding.run({ request }),
    },
  ];
}
