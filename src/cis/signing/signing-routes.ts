import { Answer, json } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import { plainError, type Route } from '@alongside/kernel/http';
import { readOnly, route } from '@alongside/kernel/route';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import type { Directory } from '../directory/directory.ts';
import { admit, type Call, type Caller, handler, type ServiceSecrets } from '../endpoint.ts';
import { errors } from '../errors.ts';
import { spki } from '../issuing-authority/card-certificates.ts';
import {
  administratorHeader,
  type Person,
  type PersonSigning,
  revocationReasons,
  type SigningCertificate,
  type SigningCertificateOrder,
  type SigningCertificateStatus,
} from '../protocol.ts';
import { digits12, readBody } from '../shapes.ts';
import {
  pemOf,
  readSigningKey,
  revocationStatements,
  type SigningCertificates,
  subjectOf,
} from './signing-certificates.ts';

interface SigningServices {
  database: Database;
  directory: Directory;
  signingCertificates: SigningCertificates;
  audit: AuditLog;
  serviceSecrets: ServiceSecrets;
}

type SigningCall = Call<SigningServices>;
type OfPerson = SigningCall & Passed<'caller'> & { uid: string };

const orderShape: z.ZodType<{ uid: string; key: Buffer }, SigningCertificateOrder> = z.strictObject({
  uid: digits12,
  key: spki,
});
const revocationShape = z.strictObject({
  reason: z.enum(revocationReasons, `must be of ${revocationReasons.join(', ')}`),
});

function readOrder({ request }: SigningCall) {
  const { uid, key } = readBody(request, orderShape);
  return { uid, key: readSigningKey(key) };
}

/** A disabled person gets no certificate, also between a presence check and the signature. */
const requirePerson = check(
  'holder',
  async function requirePerson({ cis, uid }: SigningCall & { uid: string }) {
    const person = (await cis.directory.find(uid))?.person;
    if (!person) throw errors.personMissing(`uid ${uid}`);
    if (person.disabled) throw errors.signerDisabled(`${uid} is disabled`);
    return { person };
  },
);

async function issueCertificate({
  cis,
  caller,
  person,
  key,
}: SigningCall & Passed<'caller' | 'holder'> & { caller: Caller; person: Person; key: Buffer }) {
  const issued = await cis.signingCertificates.issue(person, key);
  const { serial, der } = issued;
  const record = cis.audit.recordStatement({
    actor: caller,
    action: 'cis.signing-certificate-issued',
    target: person.uid,
    outcome: 'ok',
    detail: { serial },
  });
  await cis.database.batch([...cis.signingCertificates.addStatements(issued), record]);
  return json(201, { serial, certificate: der } satisfies SigningCertificate);
}

type OfCertificate = SigningCall & Passed<'caller'> & { caller: Caller; serial: string };

const answerState = async ({ cis, serial }: OfCertificate) =>
  json(200, {
    state: cis.signingCertificates.stateOf(await cis.signingCertificates.find(serial)),
  } satisfies SigningCertificateStatus);

/** The service revokes the certificate of a key that it no longer trusts. */
async function revokeCertificate({ cis, caller, serial }: OfCertificate) {
  const record = await cis.signingCertificates.find(serial);
  if (!record) throw errors.signingNone(`there is no certificate ${serial}`);
  const reason = 'keyCompromise';
  await cis.database.batch([
    cis.signingCertificates.revokeOneStatement(serial, reason),
    cis.audit.recordStatement({
      actor: caller,
      action: 'cis.signing-certificate-revoked',
      target: record.uid,
      outcome: 'ok',
      detail: { reason, serial },
    }),
  ]);
  return {};
}

const time = (milliseconds: number | null | undefined) => (milliseconds ? isoTime(milliseconds) : null);

async function answerPerson({ cis, uid }: OfPerson) {
  if (!(await cis.directory.find(uid))) throw errors.personMissing(`uid ${uid}`);
  const record = await cis.signingCertificates.newestOf(uid);
  const certificate = record?.der ? pemOf(record.der) : null;
  return json(200, {
    state: cis.signingCertificates.stateOf(record),
    algorithm: record ? 'RSA-2048' : null,
    serial: record?.serial ?? null,
    subject: record?.der ? subjectOf(record.der) : null,
    certificate,
    notBefore: time(record?.notBefore),
    notAfter: time(record?.notAfter),
    revokedAt: time(record?.revokedAt),
    revocationReason: record?.revocationReason ?? null,
  } satisfies PersonSigning);
}

/** Revokes for the CRL and the responder at once. A second revocation changes nothing: the first reason stays. */
async function revokeCertificates({ request, cis, uid }: OfPerson) {
  const { reason } = readBody(request, revocationShape);
  const newest = await cis.signingCertificates.newestOf(uid);
  if (!newest) throw errors.signingNone(`${uid} has no certificate`);
  const administrator = request.headers[administratorHeader];
  const actor = typeof administrator === 'string' ? administrator : 'console';
  await cis.database.batch(revocationStatements(cis, newest, { reason, actor }));
  return {};
}

const issue = steps<SigningCall>('cis.issue-signing-certificate')
  .step(admit('signing'))
  .step(readOrder)
  .step(requirePerson)
  .step(issueCertificate);
const state = steps<SigningCall & { serial: string }>('cis.signing-certificate-state')
  .step(admit('signing'))
  .step(answerState);
const withdraw = steps<SigningCall & { serial: string }>('cis.withdraw-signing-certificate')
  .step(admit('signing'))
  .step(revokeCertificate)
  .step(answerState);
const show = steps<SigningCall & { uid: string }>('cis.show-signing')
  .step(admit('console'))
  .step(answerPerson);
const revoke = steps<SigningCall & { uid: string }>('cis.revoke-signing')
  .step(admit('console'))
  .step(revokeCertificates)
  .step(answerPerson);

/** The certificates of the signing service; authority and CRL need no authentication (RFC 5280 section 3.4). */
export const signingRoutes = (cis: SigningServices): Route[] => [
  ...route('/signing/certificates', { POST: handler(issue, cis) }),
  ...route('/signing/certificates/:serial', { GET: handler(state, cis), DELETE: handler(withdraw, cis) }),
  ...route('/signing/people/:uid', { GET: handler(show, cis) }),
  ...route('/signing/people/:uid/revoke', { POST: handler(revoke, cis) }),
  ...route(
    '/signing/authority.pem',
    readOnly({
      endpoint: async () =>
        new Answer(
          200,
          { 'content-type': 'application/x-pem-file', 'cache-control': 'no-store' },
          await cis.signingCertificates.authorityPem(),
        ),
      errors: plainError,
    }),
  ),
];
