import { type Answer, json, noContent } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Route } from '@alongside/kernel/http';
import { type JsonObject, parseJsonObject } from '@alongside/kernel/json';
import { route, withSecrets } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { Person } from '../../cis/protocol.ts';
import { parseParameters } from '../../oauth/parameters.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { enrolmentErrors } from '../enrolment/errors.ts';
import { linkPath } from '../enrolment/pending-enrolments.ts';
import { removeCredential } from '../enrolment/remove.ts';
import type { EnrolmentServices } from '../enrolment/services.ts';
import type { Credential } from '../model/credentials.ts';
import type { AuthenticatorAnswer, AuthenticatorsAnswer, EnrolmentAnswer } from '../protocol.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface AuthenticatorDependencies extends Omit<EnrolmentServices, 'pendingEnrolments'> {
  consoleSecret: string;
}

type Start<Params = unknown> = Call<AuthenticatorDependencies, Params>;

type Uid = { uid: string };
type UidContext = Start<Uid> & Uid & Passed<'console'>;
type KindContext = UidContext & { person: Person; body: JsonObject; enrolment: Enrolment };

/** Managers and agents of a registration authority, by the end of their role codes. */
const officerRoles = /:(R5080|R5090)$/;
const uidShape = /^\d{12}$/;
const officerShape = z.string().regex(uidShape).optional();

/** The person may have left the directory: their authenticators can still be listed and removed. */
async function readUid({ request: { params } }: Start<Uid>): Promise<Uid> {
  if (!uidShape.test(params.uid)) throw administrationErrors.personUnknown('it is not a uid');
  return { uid: params.uid };
}

async function findPerson({ uid, provider }: UidContext) {
  const person = await provider.cis.person(uid);
  if (!person || person.disabled)
    throw administrationErrors.personUnknown(person ? 'disabled' : 'not in the directory');
  return { person };
}

async function readKind({ request, provider: { enrolments } }: Start) {
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
}

/** Checks the officer of the registration authority, who may not create a link for themselves. */
const checkOfficer = check(
  'officer',
  async function checkOfficer({ body, person, provider: { cis, development } }: KindContext) {
    const { success, data: uid } = officerShape.safeParse(body.officer);
    if (!success)
      throw enrolmentErrors.consoleBody('officer', { field: 'officer', problem: 'must be a uid' });
    if (uid === undefined && development) return { actor: 'developer' };
    const officer = uid === undefined ? undefined : await cis.person(uid);
    if (!officer || officer.disabled) throw administrationErrors.officerRefused('the officer is unknown');
    if (officer.uid === person.uid) throw administrationErrors.officerRefused('the officer is the person');
    if (!officer.roles.some(({ roleCode }) => officerRoles.test(roleCode)))
      throw administrationErrors.officerRefused('none of the roles is R5080 or R5090');
    return { actor: `ra:${officer.uid}` };
  },
);

async function makeLink({
  provider: { links, audit, origin },
  person: { uid },
  enrolment: { kind },
  actor,
}: KindContext & Passed<'officer'> & { actor: string }): Promise<Answer> {
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
    expiresAt: isoTime(expiresAt),
  };
  return json(201, answer);
}

async function describe(
  { enrolments, credentials, development }: AuthenticatorDependencies,
  credential: Credential<unknown>,
): Promise<AuthenticatorAnswer> {
  const { id, kind, label, createdAt, usedAt } = credential;
  const enrolment = enrolments.get(kind);
  const shown = development && enrolment?.reveal?.(credential, await credentials.secret(id));
  return {
    id,
    kind,
    label,
    level: enrolment?.levelOf?.(credential) ?? enrolment?.level ?? 1,
    createdAt: isoTime(createdAt),
    usedAt: usedAt === null ? null : isoTime(usedAt),
    ...(shown ? { development: shown } : {}),
  };
}

async function listCredentials({ provider, uid }: UidContext): Promise<Answer> {
  const own = await provider.credentials.of(uid);
  const answer: AuthenticatorsAnswer = {
    authenticators: await Promise.all(own.map((credential) => describe(provider, credential))),
  };
  return json(200, answer);
}

async function importCredential({ provider, person, body, enrolment }: KindContext): Promise<Answer> {
  const draft = enrolment.importCredential?.(body);
  if (!draft) throw administrationErrors.kindUnknown(`${enrolment.kind} cannot be imported`);
  const { database, credentials, audit } = provider;
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
  if (!added) throw new Error('The added credential is missing.');
  return json(201, await describe(provider, added));
}

async function remove({
  provider,
  request,
  uid,
}: Start<{ id: string }> & Uid & Passed<'console'>): Promise<Answer> {
  const credential = await provider.credentials.get(request.params.id);
  if (credential?.uid !== uid) throw enrolmentErrors.credentialUnknown('the person has none with this id');
  const officer = parseParameters(request.query)?.get('officer') ?? '';
  const actor = uidShape.test(officer) ? `ra:${officer}` : 'console';
  await removeCredential(provider, credential, { actor, cause: 'administrator' });
  return noContent();
}

const known = <Params = unknown>(name: string) =>
  steps<Start<Uid & Params>>(name).step(requireConsole).step(readUid);
const ofKind = (name: string) => known(name).step(findPerson).step(readKind);

const list = known('cis2.authenticators').step(listCredentials);
const imported = ofKind('cis2.authenticator-import').step(importCredential);
const link = ofKind('cis2.enrolment-link-create').step(checkOfficer).step(makeLink);
const removed = known<{ id: string }>('cis2.authenticator-remove').step(remove);

/** `/cis2/people/{uid}`: a user's authenticators and enrolment links. */
export function authenticatorRoutes(provider: AuthenticatorDependencies): Route[] {
  const handler = handlersOf(provider, serviceError);
  return [
    ...withSecrets('bodies', [
      ...route('/cis2/people/:uid/authenticators', {
        GET: handler(list),
        ...(provider.development ? { POST: handler(imported) } : {}),
      }),
      ...route('/cis2/people/:uid/authenticators/:id', { DELETE: handler(removed) }),
      ...route('/cis2/people/:uid/enrolments', { POST: handler(link) }),
    ]),
  ];
}
