import { type Answer, json } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { DecodedJwt, JwtClaims } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { steps } from '@alongside/kernel/steps';
import type { Credential } from '../../model/credentials.ts';
import { tabletErrors } from './errors.ts';
import { findTablet, refusalStatement, type TabletParts } from './open.ts';
import type { TabletRequest, TabletState } from './requests.ts';
import { checkType, type TabletBody, tabletTypes, tokenIn } from './signed.ts';

interface Start {
  request: HttpRequest;
}

interface Known extends Start {
  jwt: DecodedJwt;
  credential: Credential<TabletBody>;
  claims: JwtClaims;
}

/** What a tablet says instead of a number. */
const no = 'no';

const readToken = async ({ request }: Start): Promise<{ jwt: DecodedJwt }> => ({
  jwt: tokenIn(request.headers['content-type'], request.body).jwt,
});

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
