import { json, noContent } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import type { JsonObject } from '@alongside/kernel/json';
import { steps } from '@alongside/kernel/steps';
import type { AuditAction, AuditLog } from '../../storage/audit.ts';
import { pathPart } from '../address.ts';
import type { Admit, Caller } from '../callers.ts';
import { errors } from '../errors.ts';
import { readObject } from '../json-body.ts';
import type { OrganisationsAnswer, PeopleAnswer, Person } from '../protocol.ts';
import type { Directory, PersonRecord } from './directory.ts';
import { expectedRevision, tagOf } from './preconditions.ts';

export interface PeopleDeps {
  directory: Directory;
  audit: AuditLog;
  admit: Admit;
  /** What follows from a person's change for the sessions that are open: null when the person was removed. */
  changed(uid: string, person: Person | null): Promise<void>;
}

interface Start {
  request: HttpRequest;
}

const mostPeople = 1_000;

const answerWith = (
  status: number,
  { person, revision }: PersonRecord,
  headers: Record<string, string> = {},
) => json(status, person, { etag: tagOf(revision), ...headers });

function readPage({ request }: Start): { after: string; limit: number; persona: string | null } {
  const query = new URLSearchParams(request.query);
  const limit = Number(query.get('limit') ?? mostPeople);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostPeople)
    throw errors.bodyInvalid('limit', { field: 'limit', problem: `must be 1 to ${mostPeople}` });
  return { after: query.get('after') ?? '', limit, persona: query.get('persona') };
}

function readAfter({ request }: Start): { after: number | undefined } {
  const given = new URLSearchParams(request.query).get('after');
  if (given === null) return { after: undefined };
  if (/^\d{1,15}$/.test(given)) return { after: Number(given) };
  throw errors.bodyInvalid('after', { field: 'after', problem: 'must be a whole number' });
}

const readUid = ({ request }: Start) => ({ uid: pathPart(request, 2) });
const readExpected = ({ request }: Start) => ({ expected: expectedRevision(request) });
const readBody = ({ request }: Start) => ({ body: readObject(request) });
const readPatch = ({ request }: Start) => ({
  patch: readObject(request, ['application/merge-patch+json', 'application/json']),
});

/** The directory over HTTP: every service reads, the console writes. */
export function peopleRoutes({ directory, audit, admit, changed }: PeopleDeps): Route[] {
  const readers = admit('console', 'cis2', 'authorisation');
  const writers = admit('console');
  const recordStatement = (caller: Caller, action: AuditAction, target: string) =>
    audit.recordStatement({ actor: caller, action, target, outcome: 'ok' });

  async function answerPeople({ after, limit, persona }: ReturnType<typeof readPage>) {
    if (persona !== null) {
      const found = await directory.findPersona(persona);
      return json(200, { people: found ? [found.person] : [], next: null } satisfies PeopleAnswer);
    }
    const people = await directory.list(after, limit + 1);
    const next = people.length > limit ? (people[limit - 1]?.uid ?? null) : null;
    return json(200, { people: people.slice(0, limit), next } satisfies PeopleAnswer);
  }

  async function addPerson({ body, caller }: { body: JsonObject; caller: Caller }) {
    const added = await directory.add(body, (uid) => recordStatement(caller, 'directory.person-added', uid));
    return answerWith(201, added, { location: `/directory/people/${added.person.uid}` });
  }

  async function answerPerson({ uid }: { uid: string }) {
    const found = await directory.find(uid);
    if (!found) throw errors.personMissing(`uid ${uid}`);
    return answerWith(200, found);
  }

  async function changePerson(known: {
    uid: string;
    expected: number | undefined;
    patch: JsonObject;
    caller: Caller;
  }) {
    const record = recordStatement(known.caller, 'directory.person-changed', known.uid);
    const saved = await directory.change(known.uid, known.patch, known.expected, record);
    await changed(known.uid, saved.person);
    return answerWith(200, saved);
  }

  async function removePerson({
    uid,
    expected,
    caller,
  }: {
    uid: string;
    expected: number | undefined;
    caller: Caller;
  }) {
    await directory.remove(uid, expected, recordStatement(caller, 'directory.person-removed', uid));
    await changed(uid, null);
    return noContent();
  }

  async function answerOrganisations() {
    return json(200, { organisations: await directory.organisations() } satisfies OrganisationsAnswer);
  }

  const answerChanges = async ({ after }: ReturnType<typeof readAfter>) =>
    json(200, await directory.changes(after));

  const listing = steps<Start>().step(readers).step(readPage).step(answerPeople);
  const adding = steps<Start>().step(writers).step(readBody).step(addPerson);
  const reading = steps<Start>().step(readers).step(readUid).step(answerPerson);
  const changing = steps<Start>()
    .step(writers)
    .step(readUid)
    .step(readExpected)
    .step(readPatch)
    .step(changePerson);
  const removing = steps<Start>().step(writers).step(readUid).step(readExpected).step(removePerson);
  const following = steps<Start>().step(readers).step(readAfter).step(answerChanges);
  const organisations = steps<Start>().step(readers).step(answerOrganisations);

  const people = '/directory/people';
  const person = '/directory/people/:uid';
  return [
    { methods: ['GET'], path: people, endpoint: (request) => listing.run({ request }) },
    { methods: ['POST'], path: people, endpoint: (request) => adding.run({ request }) },
    { methods: ['GET'], path: person, endpoint: (request) => reading.run({ request }) },
    { methods: ['PATCH'], path: person, endpoint: (request) => changing.run({ request }) },
    { methods: ['DELETE'], path: person, endpoint: (request) => removing.run({ request }) },
    { methods: ['GET'], path: '/directory/changes', endpoint: (request) => following.run({ request }) },
    {
      methods: ['GET'],
      path: '/directory/organisations',
      endpoint: (request) => organisations.run({ request }),
    },
  ];
}
