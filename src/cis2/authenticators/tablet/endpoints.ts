import { type Answer, json } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import type { DecodedJwt, JwtClaims } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import { counted } from '../../../oauth/counters.ts';
import type { AuditLog } from '../../../storage/audit.ts';
import type { Database, Statement } from '../../../storage/database.ts';
import type { Credential, Credentials } from '../../model/credentials.ts';
import { tabletErrors } from './errors.ts';
import type { HolderChecks } from './holder.ts';
import { checkType, shortCodeOf, signedWith, type TabletBody, tabletTypes, tokenIn } from './protocol.ts';
import {
  isNear,
  type Networks,
  nearAddress,
  type TabletRequest,
  type TabletRequests,
  type TabletState,
} from './requests.ts';

export interface TabletParts {
  clock: Clock;
  database: Database;
  credentials: Credentials;
  requests: TabletRequests;
  recorder: Recorder;
  audit: AuditLog;
  issuer: string;
  networks: Networks;
  holders: HolderChecks;
  development: boolean;
}

/** Returns the audit record of a sign-in that ended at a tablet which proved itself. */
const refusalStatement = (
  audit: AuditLog,
  { request, uid, id }: { request: HttpRequest; uid: string; id: string },
  error: string,
): Statement =>
  audit.recordStatement({
    action: 'cis2.sign-in',
    outcome: 'refused',
    actor: uid,
    address: request.address,
    detail: { authenticator: 'tablet', credential: id, error },
  });

interface Start {
  request: HttpRequest;
}

interface FromTablet extends Start {
  jwt: DecodedJwt;
  credential: Credential<TabletBody>;
}

/** Sign-ins that a person may be asked about in ten minutes. */
const often = { limit: 5, interval: 10, timeunit: 'minute' };

const readToken = async ({ request }: Start): Promise<{ jwt: DecodedJwt }> => ({
  jwt: tokenIn(request.headers['content-type'], request.body).jwt,
});

/** The tablet whose key signed; it is found by the thumbprint of the key. */
const findTablet = ({ credentials, holders }: TabletParts) =>
  async function findTablet({ jwt }: { jwt: DecodedJwt }): Promise<{ credential: Credential<TabletBody> }> {
    const { kid } = jwt.header;
    const found = typeof kid === 'string' ? await credentials.find<TabletBody>('tablet', kid) : [];
    const credential = found[0];
    if (!credential) throw tabletErrors.tabletUnknown('no live tablet has this key');
    if (!holders.counts(credential.body))
      throw tabletErrors.tabletUnknown(
        'its key is public, or makes sure of nobody: it counts in development alone',
      );
    if (!(await signedWith(jwt, credential.body.jwk)))
      throw tabletErrors.tabletUnknown('the signature does not hold');
    return { credential };
  };

const readCode = ({ issuer }: TabletParts) =>
  async function readCode({ jwt }: FromTablet): Promise<{ code: string }> {
    const code = shortCodeOf(checkType(jwt, tabletTypes.open, issuer).code);
    if (code === undefined) throw tabletErrors.tabletCodeUnknown('it is no code');
    return { code };
  };

/** Nobody is asked too often, nor about two sign-ins at once: a tired thumb says yes. */
const checkOften = (parts: TabletParts) =>
  async function checkOften({ credential: { uid } }: FromTablet): Promise<void> {
    if ((await counted(parts, `tablet:${uid}`, often)) > often.limit)
      throw tabletErrors.tabletOften(`${uid} was asked too often`);
    if (!(await parts.requests.claimPerson(uid))) throw tabletErrors.tabletBusy(`${uid} has an open request`);
  };

const takeCode = ({ requests }: TabletParts) =>
  async function takeCode({
    code,
    credential,
  }: FromTablet & { code: string }): Promise<{ asked: TabletRequest }> {
    const asked = await requests.takeCode(code);
    if (asked) return { asked };
    await requests.release(credential.uid);
    throw tabletErrors.tabletCodeUnknown('it was never given, has run out or was used');
  };

/** A code that was carried elsewhere is a relay: it ends there. */
const checkNear = ({ requests, networks, audit }: TabletParts) =>
  async function checkNear({
    request,
    credential: { uid, id },
    asked,
  }: FromTablet & { asked: TabletRequest }): Promise<void> {
    if (isNear(asked.address, nearAddress(request), networks)) return;
    const record = refusalStatement(audit, { request, uid, id }, 'elsewhere');
    await requests.settle({ ...asked, uid, credentialId: id }, 'elsewhere', record);
    throw tabletErrors.tabletElsewhere(`the desk is at ${asked.address}, the tablet at ${request.address}`);
  };

const answerQuestion = ({ requests, recorder }: TabletParts) =>
  async function answerQuestion({
    credential: { uid, id },
    asked,
  }: FromTablet & { asked: TabletRequest }): Promise<Answer> {
    const reference = await requests.opened(asked, uid, id);
    if (reference === undefined) throw tabletErrors.tabletCodeUnknown('the desk gave up meanwhile');
    recorder.record({
      keys: [asked.id.split('.')[0] ?? ''],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.tablet-opened',
    });
    const { applicationName, candidates, nonce, expiresAt } = asked;
    return json(200, { request: reference, nonce, application: applicationName, candidates, expiresAt });
  };

/** `POST /tablet/open`: a tablet brings the code from the screen of a desk. */
export function createTabletOpen(parts: TabletParts) {
  const list = steps<Start>()
    .step(readToken)
    .step(findTablet(parts))
    .step(readCode(parts))
    .step(checkOften(parts))
    .step(takeCode(parts))
    .step(checkNear(parts))
    .step(answerQuestion(parts));
  return (request: HttpRequest) => list.run({ request });
}

interface Known extends Start {
  jwt: DecodedJwt;
  credential: Credential<TabletBody>;
  claims: JwtClaims;
}

/** What a tablet says instead of a number. */
const no = 'no';

const readClaims = ({ issuer }: TabletParts) =>
  async function readClaims({ jwt }: { jwt: DecodedJwt }): Promise<{ claims: JwtClaims }> {
    const claims = checkType(jwt, tabletTypes.answer, issuer);
    for (const name of ['request', 'nonce', 'number'])
      if (typeof claims[name] !== 'string' || (claims[name] as string).length > 64)
        throw tabletErrors.tabletMalformed(`${name} is not a short string`);
    return { claims };
  };

/** One answer to a question, of the tablet that was asked, right or wrong. */
const takeAnswer = ({ requests }: TabletParts) =>
  async function takeAnswer({ claims, credential }: Known): Promise<{ asked: TabletRequest }> {
    const asked = await requests.takeAnswer(String(claims.request), credential.id);
    if (asked?.state !== 'opened') throw tabletErrors.tabletCodeUnknown('nothing waits for this answer');
    if (!equalSecrets(asked.nonce, String(claims.nonce)))
      throw tabletErrors.tabletMalformed('nonce is of another request');
    return { asked };
  };

/** Who says which number is the owner of the tablet, not only somebody who has it; a refusal ends the request. */
const checkHolder = ({ holders, requests, credentials, database, audit }: TabletParts) =>
  async function checkHolder({
    request,
    claims,
    credential,
    asked,
  }: Known & { asked: TabletRequest }): Promise<void> {
    const { holder } = credential.body;
    if (!holder || claims.number === no) return;
    try {
      const now = await holders.verified(holder, claims.holder, asked.nonce);
      await database.batch([credentials.useStatement(credential, { ...credential.body, holder: now })]);
    } catch (error) {
      const { id, uid } = credential;
      await requests.settle(asked, 'denied', refusalStatement(audit, { request, uid, id }, 'holder'));
      throw error;
    }
  };

const settle = ({ requests, recorder, audit }: TabletParts) =>
  async function settle({
    request,
    claims,
    credential: { id, uid },
    asked,
  }: Known & { asked: TabletRequest }): Promise<Answer> {
    const said = String(claims.number);
    const state: TabletState =
      said === no ? 'denied' : equalSecrets(said, asked.number) ? 'approved' : 'wrongNumber';
    // The sign-in that an approved one leads to has a record of its own.
    const records = state === 'approved' ? [] : [refusalStatement(audit, { request, uid, id }, state)];
    if (!(await requests.settle(asked, state, ...records)))
      throw tabletErrors.tabletCodeUnknown('the desk gave up meanwhile');
    recorder.record({
      keys: [asked.id.split('.')[0] ?? ''],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.tablet-answer',
      outcome: state === 'approved' ? 'ok' : 'refused',
      detail: { state },
    });
    if (state === 'wrongNumber')
      throw tabletErrors.tabletWrongNumber('a candidate that is not on the screen');
    return json(200, { state });
  };

/** `POST /tablet/answer`: the number, or no, signed with the key of the tablet. */
export function createTabletAnswer(parts: TabletParts) {
  const list = steps<Start>()
    .step(readToken)
    .step(findTablet(parts))
    .step(readClaims(parts))
    .step(takeAnswer(parts))
    .step(checkHolder(parts))
    .step(settle(parts));
  return (request: HttpRequest) => list.run({ request });
}
