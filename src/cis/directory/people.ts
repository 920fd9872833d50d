import { json, noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { JsonObject } from '@alongside/kernel/json';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import {
  admit,
  type Call,
  type Caller,
  handler,
  pageOf,
  readPage,
  type ServiceSecrets,
} from '../endpoint.ts';
import { errors } from '../errors.ts';
import type { JobRolesAnswer, MakersAnswer, OrganisationsAnswer, PeopleAnswer, Person } from '../protocol.ts';
import { invalidField, readObject } from '../shapes.ts';
import type { Activities } from './activities.ts';
import type { Directory, PersonRecord } from './directory.ts';
import { makersOf } from './officer-makers.ts';
import { readFilter, visibleText } from './search.ts';

/** The services and settings for the directory. */
export interface DirectoryServices {
  database: Database;
  clock: Clock;
  directory: Directory;
  activities: Activities;
  audit: AuditLog;
  serviceSecrets: ServiceSecrets;
  /** Returns the writes that a new or changed person requires besides. */
  personChangeStatements(request: HttpRequest, before: Person | undefined, after: Person): Statement[];
  /** Updates the open sessions of a changed person; null for a removed one. Starts to send mails about the change. */
  changed(uid: string, person: Person | null): Promise<void>;
}

type PeopleCall = Call<DirectoryServices> & Passed<'caller'> & { caller: Caller };

const maxPeople = 1_000;
/** Number of people on a page of a search. */
const maxFound = 50;

/** Returns the entity tag of a revision (RFC 9110 section 8.8.3). */
const tagOf = (revision: number): string => `"${revision}"`;

const answerWith = (
  status: number,
  { person, revision }: PersonRecord,
  headers: Record<string, string> = {},
) => json(status, person, { etag: tagOf(revision), ...headers });

/** Reads the expected revision from `If-Match` (RFC 9110 section 13.1.1); undefined without one. */
function readExpected({ request: { headers } }: { request: HttpRequest }): { expected: number | undefined } {
  const tag = headers['if-match']?.trim();
  if (tag === undefined || tag === '*') return { expected: undefined };
  const revision = /^"(\d{1,15})"$/.exec(tag)?.[1];
  // An unknown tag matches no revision.
  if (revision === undefined) throw errors.revisionChanged('If-Match is not a tag of this service');
  return { expected: Number(revision) };
}

const readPerson = ({ request }: PeopleCall) => ({ body: readObject(request) });
const readPatch = ({ request }: PeopleCall) => ({
  patch: readObject(request, ['application/merge-patch+json', 'application/json']),
});

const recordStatement = ({ cis, caller }: PeopleCall, action: AuditAction, target: string) =>
  cis.audit.recordStatement({ actor: caller, action, target, outcome: 'ok' });

async function answerPeople({ request, cis }: PeopleCall) {
  const { query, after, limit } = readPage(request, maxPeople);
  const persona = query.get('persona');
  if (persona !== null) {
    const found = await cis.directory.findPersona(persona);
    return json(200, { people: found ? [found.person] : [], next: null } satisfies PeopleAnswer);
  }
  const filter = readFilter(query);
  if (filter)
    return json(
      200,
      (await cis.directory.search(filter, after, Math.min(limit, maxFound))) satisfies PeopleAnswer,
    );
  const found = await cis.directory.list(after, limit + 1);
  const { page, next } = pageOf(found, limit, ({ uid }) => uid);
  return json(200, { people: page, next } satisfies PeopleAnswer);
}

async function addPerson(call: PeopleCall & { body: JsonObject }) {
  const added = await call.cis.directory.add(call.body, (person) => [
    ...call.cis.personChangeStatements(call.request, undefined, person),
    recordStatement(call, 'directory.person-added', person.uid),
  ]);
  return answerWith(201, added, { location: `/directory/people/${added.person.uid}` });
}

async function answerPerson({ cis, uid }: PeopleCall & { uid: string }) {
  const found = await cis.directory.find(uid);
  if (!found) throw errors.personMissing(`uid ${uid}`);
  return answerWith(200, found);
}

async function changePerson(
  call: PeopleCall & { uid: string; expected: number | undefined; patch: JsonObject },
) {
  const { cis, uid, expected, patch } = call;
  const record = recordStatement(call, 'directory.person-changed', uid);
  const saved = await cis.directory.change(uid, patch, expected, (before, after) => [
    ...cis.personChangeStatements(call.request, before, after),
    record,
  ]);
  await cis.changed(uid, saved.person);
  return answerWith(200, saved);
}

async function removePerson(call: PeopleCall & { uid: string; expected: number | undefined }) {
  const { cis, uid, expected } = call;
  await cis.directory.remove(uid, expected, recordStatement(call, 'directory.person-removed', uid));
  await cis.changed(uid, null);
  return noContent();
}

const answerMakers = async ({ cis, uid }: PeopleCall & { uid: string }) =>
  json(200, { administrators: await makersOf(cis.database, uid) } satisfies MakersAnswer);

async function answerChanges({ request, cis }: PeopleCall) {
  const after = new URLSearchParams(request.query).get('after') ?? undefined;
  if (after !== undefined && !/^\d{1,15}$/.test(after)) throw invalidField('after', 'must be a whole number');
  return json(200, await cis.directory.changes(after === undefined ? undefined : Number(after)));
}

function textOf({ query }: HttpRequest): string | undefined {
  const q = new URLSearchParams(query).get('q');
  return q === null ? undefined : visibleText(q).slice(0, 100);
}

async function answerOrganisations({ request, cis: { directory } }: PeopleCall) {
  const q = textOf(request);
  const organisations = await (q === undefined ? directory.organisations() : directory.findOrganisations(q));
  return json(200, { organisations } satisfies OrganisationsAnswer);
}

const answerJobRoles = async ({ request, cis: { directory } }: PeopleCall) =>
  json(200, { jobRoles: await directory.findJobRoles(textOf(request) ?? '') } satisfies JobRolesAnswer);

type Start = Call<DirectoryServices>;
type OnePerson = Start & { uid: string };
const readers = ['console', 'cis2', 'authorisation'] as const;

const list = steps<Start>('cis.list-people')
  .step(admit(...readers))
  .step(answerPeople);
const add = steps<Start>('cis.add-person').step(admit('console')).step(readPerson).step(addPerson);
const read = steps<OnePerson>('cis.read-person')
  .step(admit(...readers))
  .step(answerPerson);
const change = steps<OnePerson>('cis.change-person')
  .step(admit('console'))
  .step(readExpected)
  .step(readPatch)
  .step(changePerson);
const remove = steps<OnePerson>('cis.remove-person')
  .step(admit('console'))
  .step(readExpected)
  .step(removePerson);
const changes = steps<Start>('cis.read-changes')
  .step(admit(...readers))
  .step(answerChanges);
const makers = steps<OnePerson>('cis.read-makers').step(admit('console')).step(answerMakers);
const organisations = steps<Start>('cis.list-organisations')
  .step(admit(...readers))
  .step(answerOrganisations);
const jobRoles = steps<Start>('cis.list-job-roles').step(admit('console')).step(answerJobRoles);

/** `/directory`: every service reads people, and the console writes them. */
export const peopleRoutes = (cis: DirectoryServices): Route[] => [
  ...route('/directory/people', { GET: handler(list, cis), POST: handler(add, cis) }),
  ...route('/directory/people/:uid', {
    GET: handler(read, cis),
    PATCH: handler(change, cis),
    DELETE: handler(remove, cis),
  }),
  ...route('/directory/people/:uid/makers', { GET: handler(makers, cis) }),
  ...route('/directory/changes', { GET: handler(changes, cis) }),
  ...route('/directory/organisations', { GET: handler(organisations, cis) }),
  ...route('/directory/job-roles', { GET: handler(jobRoles, cis) }),
];
