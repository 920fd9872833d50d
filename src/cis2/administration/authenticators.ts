import { type Answer, json, noContent } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { HttpRequest, Method, Route } from '@alongside/kernel/http';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Person } from '../../cis/protocol.ts';
import { parseParameters } from '../../oauth/parameters.ts';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Enrolment, Enrolments } from '../enrolment/enrolment.ts';
import { enrolmentErrors } from '../enrolment/errors.ts';
import { type EnrolmentLinks, linkPath } from '../enrolment/links.ts';
import type { Notices } from '../enrolment/notices.ts';
import { removing } from '../enrolment/remove.ts';
import type { CisClient } from '../model/cis-client.ts';
import type { Credential, Credentials } from '../model/credentials.ts';
import type { AuthenticatorAnswer, AuthenticatorsAnswer, EnrolmentAnswer } from '../protocol.ts';
import type { SessionEnds } from '../sessions/session-ends.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface Parts {
  origin: string;
  consoleSecret: string;
  database: Database;
  cis: CisClient;
  audit: AuditLog;
  notices: Notices;
  clock: Clock;
  credentials: Credentials;
  sessions: Sessions;
  ends: SessionEnds;
  links: EnrolmentLinks;
  enrolments: Enrolments;
  development: boolean;
}

interface Start {
  request: HttpRequest;
}

interface Named extends Start {
  uid: string;
}

type Asked = Named & { person: Person; body: JsonObject; enrolment: Enrolment };

/** Managers and agents of a registration authority, by the end of their role codes. */
const officerRoles = /:(R5080|R5090)$/;
const uidShape = /^\d{12}$/;
const officerShape = z.string().regex(uidShape).optional();

/** Whoever had a uid may have left the directory: what was theirs can be seen and removed all the same. */
async function readUid({ request }: Start): Promise<{ uid: string }> {
  const uid = request.path.split('/')[3] ?? '';
  if (!uidShape.test(uid)) throw administrationErrors.personUnknown('it is no uid');
  return { uid };
}

const findPerson = ({ cis }: Parts) =>
  async function findPerson({ uid }: Named): Promise<{ person: Person }> {
    const person = await cis.person(uid);
    if (!person || person.disabled)
      throw administrationErrors.personUnknown(person ? 'disabled' : 'not in the directory');
    return { person };
  };

const readKind = ({ enrolments }: Parts) =>
  async function readKind({ request }: Start): Promise<{ body: JsonObject; enrolment: Enrolment }> {
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
      throw enrolmentErrors.consoleBody('JSON was expected');
    let body: JsonObject;
    try {
      body = parseJsonObject(request.body);
    } catch (error) {
      throw enrolmentErrors.consoleBody(reasonOf(error), {}, error);
    }
    const enrolment = enrolments.get(typeof body.kind === 'string' ? body.kind : '');
    const known = enrolments.all.map(({ kind }) => kind).join(', ');
    if (!enrolment) throw administrationErrors.kindUnknown(`known are ${known}`, { known });
    return { body, enrolment };
  };

/** Who answers for a link: an officer of the registration authority, and never for themselves. */
const findOfficer = ({ cis, development }: Parts) =>
  async function findOfficer({ body, person }: Asked): Promise<{ actor: string }> {
    const { success, data: uid } = officerShape.safeParse(body.officer);
    if (!success)
      throw enrolmentErrors.consoleBody('officer', { field: 'officer', problem: 'must be a uid' });
    if (uid === undefined && development) return { actor: 'developer' };
    const officer = uid === undefined ? undefined : await cis.person(uid);
    if (!officer || officer.disabled) throw administrationErrors.officerRefused('nobody answers for it');
    if (officer.uid === person.uid) throw administrationErrors.officerRefused('the officer is the person');
    if (!officer.roles.some(({ roleCode }) => officerRoles.test(roleCode)))
      throw administrationErrors.officerRefused('none of the roles is R5080 or R5090');
    return { actor: `ra:${officer.uid}` };
  };

const makeLink = ({ links, audit, origin }: Parts) =>
  async function makeLink({ person, enrolment, actor }: Asked & { actor: string }): Promise<Answer> {
    const { kind } = enrolment;
    const { uid } = person;
    const record = audit.recordStatement({
      actor,
      action: 'authenticator.link',
      target: uid,
      outcome: 'ok',
      detail: { kind },
    });
    const { token, expiresAt } = await links.make({ uid, kind, actor }, record);
    const answer: EnrolmentAnswer = {
      url: `${origin}${linkPath(token)}`,
      expiresAt: new Date(expiresAt).toISOString(),
    };
    return json(201, answer);
  };

const iso = (time: number): string => new Date(time).toISOString();

const describing = ({ enrolments, credentials, development }: Parts) =>
  async function describe(credential: Credential<unknown>): Promise<AuthenticatorAnswer> {
    const { id, kind, label, createdAt, usedAt } = credential;
    const enrolment = enrolments.get(kind);
    const shown = development && enrolment?.reveal?.(credential, await credentials.secret(id));
    return {
      id,
      kind,
      label,
      level: enrolment?.levelOf?.(credential) ?? enrolment?.level ?? 1,
      createdAt: iso(createdAt),
      usedAt: usedAt === null ? null : iso(usedAt),
      ...(shown ? { development: shown } : {}),
    };
  };

const list = (parts: Parts) =>
  async function list({ uid }: Named): Promise<Answer> {
    const own = await parts.credentials.of(uid);
    const answer: AuthenticatorsAnswer = { authenticators: await Promise.all(own.map(describing(parts))) };
    return json(200, answer);
  };

const addCredential = (parts: Parts) =>
  async function addCredential({ person, body, enrolment }: Asked): Promise<Answer> {
    const draft = enrolment.importCredential?.(body);
    if (!draft) throw administrationErrors.kindUnknown(`${enrolment.kind} cannot be imported`);
    const { database, credentials, audit } = parts;
    const { kind } = enrolment;
    if (draft.lookup !== undefined && (await credentials.find(kind, draft.lookup)).length > 0)
      throw enrolmentErrors.consoleBody('somebody has it', {
        field: 'credential',
        problem: 'somebody has it already',
      });
    const { id, statement } = credentials.prepare({ ...draft, uid: person.uid, kind });
    await database.batch([
      statement,
      audit.recordStatement({
        actor: 'developer',
        action: 'authenticator.add',
        target: person.uid,
        outcome: 'ok',
        detail: { kind, credential: id },
      }),
    ]);
    const added = await credentials.get(id);
    if (!added) throw new Error('What was added is not there.');
    return json(201, await describing(parts)(added));
  };

const remove = (parts: Parts) => {
  const removeCredential = removing(parts);
  return async function remove({ request, uid }: Named): Promise<Answer> {
    const credential = await parts.credentials.get(request.path.split('/')[5] ?? '');
    if (credential?.uid !== uid) throw enrolmentErrors.credentialUnknown('the person has none with this id');
    const officer = parseParameters(request.query)?.get('officer') ?? '';
    const actor = uidShape.test(officer) ? `ra:${officer}` : 'console';
    await removeCredential(credential, { actor, cause: 'administrator' });
    return noContent();
  };
};

/** `/cis2/people/{uid}`: a user's authenticators and enrolment links. */
export function authenticatorRoutes(parts: Parts): Route[] {
  const known = steps<Start>().step(requireConsole(parts.consoleSecret)).step(readUid);
  const asked = known.step(findPerson(parts)).step(readKind(parts));
  const route = (method: Method, path: string, { run }: { run(start: Start): Promise<Answer> }): Route => ({
    methods: [method],
    path: `/cis2/people/:uid/${path}`,
    endpoint: (request) => run({ request }),
  });
  return [
    route('GET', 'authenticators', known.step(list(parts))),
    ...(parts.development ? [route('POST', 'authenticators', asked.step(addCredential(parts)))] : []),
    route('DELETE', 'authenticators/:id', known.step(remove(parts))),
    route('POST', 'enrolments', asked.step(findOfficer(parts)).step(makeLink(parts))),
  ];
}
