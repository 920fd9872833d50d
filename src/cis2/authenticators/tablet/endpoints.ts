import { type Answer, json } from '@alongside/kernel/answer';
import type { DecodedJwt, JwtClaims } from '@alongside/kernel/jws';
import { equalSecrets } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { withinQuota } from '../../../oauth/counters.ts';
import type { Statement } from '../../../storage/database.ts';
import type { Credential } from '../../model/credentials.ts';
import { tabletErrors } from './errors.ts';
import {
  checkType,
  shortCodeOf,
  signedWith,
  type TabletBody,
  tabletKind,
  tabletTypes,
  tokenIn,
} from './protocol.ts';
import { isNear, nearAddress, type TabletCall, type TabletRequest, type TabletState } from './requests.ts';

interface WithToken extends TabletCall {
  jwt: DecodedJwt;
}

interface FromTablet extends WithToken {
  credential: Credential<TabletBody>;
}

interface WithRequest extends FromTablet {
  asked: TabletRequest;
}

interface WithAnswer extends WithRequest {
  claims: JwtClaims;
}

/** Returns the audit record of a sign-in that a proven tablet ended. */
const refusalStatement = (
  { tablet: { audit }, request: { address }, credential: { id, uid } }: FromTablet,
  error: string,
): Statement =>
  audit.recordStatement({
    action: 'cis2.sign-in',
    outcome: 'refused',
    actor: uid,
    address,
    detail: { authenticator: tabletKind, credential: id, error },
  });

async function readToken({ request: { headers, body } }: TabletCall) {
  return { jwt: tokenIn(headers['content-type'], body).jwt };
}

/** Finds the tablet by the thumbprint of its key, and verifies its signature. */
const authenticateTablet = check(
  'tablet-signature',
  async function authenticateTablet({ tablet: { credentials, holders }, jwt }: WithToken) {
    const { kid } = jwt.header;
    const found = typeof kid === 'string' ? await credentials.find<TabletBody>(tabletKind, kid) : [];
    const credential = found[0];
    if (!credential) throw tabletErrors.tabletUnknown('no live tablet has this key');
    if (!holders.counts(credential.body))
      throw tabletErrors.tabletUnknown(
        'its private key is published or it cannot verify its holder: accepted in development only',
      );
    if (!(await signedWith(jwt, credential.body.jwk)))
      throw tabletErrors.tabletUnknown('the signature is not valid');
    return { credential };
  },
);

const readCode = async ({ tablet: { issuer }, jwt }: FromTablet): Promise<{ code: string }> => {
  const code = shortCodeOf(checkType(jwt, tabletTypes.open, issuer).code);
  if (code === undefined) throw tabletErrors.tabletCodeUnknown('it is not a code');
  return { code };
};

/** Requests that a user may open in ten minutes. */
const quota = { limit: 5, interval: 10, timeunit: 'minute' };

/** Limits the requests of a user, and allows one at a time, so that tired users do not approve by habit. */
const checkQuota = check(
  'tablet-quota',
  async function checkQuota({ tablet, credential: { uid } }: FromTablet): Promise<void> {
    if (!(await withinQuota(tablet, `tablet:${uid}`, quota)))
      throw tabletErrors.tabletOften(`${uid} has opened too many requests`);
    if (!(await tablet.requests.claimPerson(uid)))
      throw tabletErrors.tabletBusy(`${uid} has an open request`);
  },
);

const takeCode = check(
  'tablet-code',
  async function takeCode({ tablet: { requests }, code, credential }: FromTablet & { code: string }) {
    const asked = await requests.takeCode(code);
    if (asked) return { asked };
    await requests.release(credential.uid);
    throw tabletErrors.tabletCodeUnknown('the code is unknown, expired or used');
  },
);

/** Ends the request if the tablet is elsewhere, because an attacker may have relayed the code. */
const checkNear = check('tablet-near', async function checkNear(call: WithRequest): Promise<void> {
  const {
    tablet: { requests, networks },
    request,
    credential: { uid, id },
    asked,
  } = call;
  if (isNear(asked.address, nearAddress(request), networks)) return;
  await requests.settle(
    { ...asked, uid, credentialId: id },
    'elsewhere',
    refusalStatement(call, 'elsewhere'),
  );
  throw tabletErrors.tabletElsewhere(
    `the workstation is at ${asked.address}, the tablet at ${request.address}`,
  );
});

async function answerQuestion({
  tablet: { requests, recorder },
  credential: { uid, id },
  asked,
}: WithRequest &
  Passed<'tablet-signature' | 'tablet-quota' | 'tablet-code' | 'tablet-near'>): Promise<Answer> {
  const reference = await requests.open(asked, uid, id);
  if (reference === undefined) throw tabletErrors.tabletCodeUnknown('the workstation has cancelled');
  recorder.record({
    keys: [asked.id.split('.')[0] ?? ''],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.tablet-opened',
  });
  const { applicationName, candidates, nonce, expiresAt } = asked;
  return json(200, { request: reference, nonce, application: applicationName, candidates, expiresAt });
}

/** `POST /tablet/open`: a tablet sends the code from the screen of a workstation. */
export const openSteps = steps<TabletCall>('cis2.tablet-open')
  .step(readToken)
  .step(authenticateTablet)
  .step(readCode)
  .step(checkQuota)
  .step(takeCode)
  .step(checkNear)
  .step(answerQuestion);

/** A tablet denies a sign-in with this instead of a number. */
const no = 'no';

async function readClaims({ tablet: { issuer }, jwt }: FromTablet) {
  const claims = checkType(jwt, tabletTypes.answer, issuer);
  for (const name of ['request', 'nonce', 'number'])
    if (typeof claims[name] !== 'string' || claims[name].length > 64)
      throw tabletErrors.tabletMalformed(`${name} is not a short string`);
  return { claims };
}

/** Accepts one answer to a request, from the tablet that opened it. */
const takeAnswer = check(
  'tablet-answer',
  async function takeAnswer({ tablet: { requests }, claims, credential }: Omit<WithAnswer, 'asked'>) {
    const asked = await requests.takeAnswer(String(claims.request), credential.id);
    if (asked?.state !== 'opened') throw tabletErrors.tabletCodeUnknown('no request waits for this answer');
    if (!equalSecrets(asked.nonce, String(claims.nonce)))
      throw tabletErrors.tabletMalformed('nonce is of another request');
    return { asked };
  },
);

/** Verifies that the owner holds the tablet before a number is accepted. A failure ends the request. */
const checkHolder = check('tablet-holder', async function checkHolder(call: WithAnswer): Promise<void> {
  const {
    tablet: { holders, requests, credentials, database },
    claims,
    credential,
    asked,
  } = call;
  const { holder } = credential.body;
  if (!holder || claims.number === no) return;
  try {
    const verified = await holders.verify(holder, claims.holder, asked.nonce);
    const use = credentials.useStatement(credential, { ...credential.body, holder: verified });
    const { failed } = await database.batch([use]);
    if (failed) throw tabletErrors.tabletUnknown('the tablet was removed or used at the same time');
  } catch (error) {
    await requests.settle(asked, 'denied', refusalStatement(call, 'holder'));
    throw error;
  }
});

function stateOf(number: string, asked: WithAnswer['asked']): TabletState {
  if (number === no) return 'denied';
  return equalSecrets(number, asked.number) ? 'approved' : 'wrongNumber';
}

async function settle(
  call: WithAnswer & Passed<'tablet-signature' | 'tablet-answer' | 'tablet-holder'>,
): Promise<Answer> {
  const {
    tablet: { requests, recorder },
    claims,
    asked,
  } = call;
  const state = stateOf(String(claims.number), asked);
  // An approved request is audited by the sign-in that uses it.
  const records = state === 'approved' ? [] : [refusalStatement(call, state)];
  if (!(await requests.settle(asked, state, ...records)))
    throw tabletErrors.tabletCodeUnknown('the workstation has cancelled');
  recorder.record({
    keys: [asked.id.split('.')[0] ?? ''],
    from: 'browser',
    to: 'cis2',
    name: 'cis2.tablet-answer',
    outcome: state === 'approved' ? 'ok' : 'refused',
    detail: { state },
  });
  if (state === 'wrongNumber') throw tabletErrors.tabletWrongNumber('a candidate that is not on the screen');
  return json(200, { state });
}

/** `POST /tablet/answer`: a tablet signs the chosen number, or denies the sign-in. */
export const answerSteps = steps<TabletCall>('cis2.tablet-answer')
  .step(readToken)
  .step(authenticateTablet)
  .step(readClaims)
  .step(takeAnswer)
  .step(checkHolder)
  .step(settle);
