import { Answer, json } from '@alongside/kernel/answer';
import { reasonOf } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { admit, type Call, type Caller, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { Activity, DirectoryDocument } from '../protocol.ts';
import { inShape, invalidField, mediaTypeOf } from '../shapes.ts';
import { activityShape, expandActivities } from './activities.ts';
import { type ParsedImport, parseDirectoryCsv, writeDirectoryCsv } from './csv.ts';
import { importAnswer, planImport } from './import.ts';
import type { DirectoryServices } from './people.ts';

type TransferCall = Call<DirectoryServices> & Passed<'caller'> & { caller: Caller };

interface ImportedDirectory extends ParsedImport {
  activities: Activity[] | undefined;
}

/** Maximum size of an import in bytes. */
const largest = 33_554_432;
const documentShape = z.strictObject({
  version: z.literal(1, 'must be 1'),
  people: z.array(z.record(z.string(), z.unknown())).max(100_000, 'must have at most 100000 entries'),
  organisations: z.unknown().optional(),
  activities: z.array(activityShape).max(10_000, 'must have at most 10000 entries').optional(),
});

/** Reads a query parameter that is one of these texts. */
function readChoice<T extends string>(query: string, name: string, choices: readonly T[], byDefault: T): T {
  const value = new URLSearchParams(query).get(name) ?? byDefault;
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw invalidField(name, `must be ${choices.join(' or ')}`);
  return choice;
}

const readDryRun = ({ request }: TransferCall) => ({
  dryRun: readChoice(request.query, 'dryRun', ['true', 'false'], 'false') === 'true',
});

function readDocument(text: string): ImportedDirectory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw errors.bodyInvalid(reasonOf(error), {}, error);
  }
  const { people, activities } = inShape(value, documentShape);
  return {
    people: people.map((person, index) => ({ line: index + 1, format: 'json', value: person })),
    problems: [],
    activities,
  };
}

async function readImport({ request }: TransferCall) {
  const type = mediaTypeOf(request);
  if (type === 'text/csv')
    return { imported: { ...(await parseDirectoryCsv(request.body)), activities: undefined } };
  if (type !== 'application/json') throw errors.mediaType(`the media type is ${type || 'missing'}`);
  return { imported: readDocument(request.body) };
}

/** Imports everything or nothing. Plans again if a person has changed since. */
async function importDirectory(call: TransferCall & { imported: ImportedDirectory; dryRun: boolean }) {
  const { cis, caller, imported, dryRun } = call;
  const { directory, activities, audit, changed } = cis;
  for (;;) {
    const plan = await planImport(imported.people, directory);
    plan.problems.push(...imported.problems);
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
    const replaced = imported.activities ? [activities.replaceStatement(imported.activities)] : [];
    const consequences = [
      ...plan.added.flatMap((person) => cis.personChangeStatements(call.request, undefined, person)),
      ...plan.changed.flatMap(({ before, person }) =>
        cis.personChangeStatements(call.request, before, person),
      ),
    ];
    if (!(await directory.import(plan.added, plan.changed, [...replaced, ...consequences, record]))) continue;
    for (const { person } of plan.changed) await changed(person.uid, person);
    return json(200, importAnswer(plan, false));
  }
}

const readFormat = ({ request }: TransferCall) => ({
  format: readChoice(request.query, 'format', ['json', 'csv'], 'json'),
});

async function answerExport({ cis, caller, format }: TransferCall & { format: 'json' | 'csv' }) {
  const { directory, activities, audit } = cis;
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

const answerActivities = async ({ cis }: TransferCall) =>
  json(200, { activities: await cis.activities.list() });

async function answerPersonActivities({ cis, uid }: TransferCall & { uid: string }) {
  const found = await cis.directory.find(uid);
  if (!found) throw errors.personMissing(`uid ${uid}`);
  return json(200, { roles: expandActivities(found.person, await cis.activities.list()) });
}

type Start = Call<DirectoryServices>;
const readers = ['console', 'cis2', 'authorisation'] as const;

const importing = steps<Start>('cis.import-directory')
  .step(admit('console'))
  .step(readDryRun)
  .step(readImport)
  .step(importDirectory);
const exporting = steps<Start>('cis.export-directory')
  .step(admit('console'))
  .step(readFormat)
  .step(answerExport);
const activities = steps<Start>('cis.list-activities')
  .step(admit(...readers))
  .step(answerActivities);
const personActivities = steps<Start & { uid: string }>('cis.read-person-activities')
  .step(admit(...readers))
  .step(answerPersonActivities);

/** Imports and exports of the directory, and the activities of people. */
export const transferRoutes = (cis: DirectoryServices): Route[] => [
  ...route('/directory/import', { POST: handler(importing, cis, largest) }),
  ...route('/directory/export', { GET: handler(exporting, cis) }),
  ...route('/directory/activities', { GET: handler(activities, cis) }),
  ...route('/directory/people/:uid/activities', { GET: handler(personActivities, cis) }),
];
