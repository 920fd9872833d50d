import { Answer, json } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { admit, type Call, type Caller, handler } from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { DirectoryDocument } from '../protocol.ts';
import { invalidField } from '../shapes.ts';
import { expandActivities } from './activities.ts';
import { writeDirectoryCsv } from './csv.ts';
import { importDirectory } from './import-endpoint.ts';
import type { DirectoryServices } from './people.ts';

type TransferCall = Call<DirectoryServices> & Passed<'caller'> & { caller: Caller };

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
  ...route('/directory/import', { POST: { ...handler(importing, cis), readsBody: true } }),
  ...route('/directory/export', { GET: handler(exporting, cis) }),
  ...route('/directory/activities', { GET: handler(activities, cis) }),
  ...route('/directory/people/:uid/activities', { GET: handler(personActivities, cis) }),
];
