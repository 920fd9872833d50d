import { type Answer, json, redirect } from '@alongside/kernel/answer';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import {
  type DecodedJwt,
  decodeJwt,
  type JsonWebKey,
  type JwtClaims,
  keyFits,
  publicKeyOf,
} from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { check, type Passed, steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import type { SingleUse } from '../../../storage/single-use.ts';
import { type Enrolment, type EnrolmentContext, labelOf } from '../../enrolment/enrolment.ts';
import { formOf } from '../../responses/own-form.ts';
import { type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { tabletErrors } from './errors.ts';
import { joinLifetime, tabletComparePage, tabletEnrolmentPage } from './page.ts';
import {
  checkType,
  type Holder,
  joinPrefix,
  keyThatSigned,
  kidOf,
  publicPart,
  type TabletBody,
  tabletKind,
  tabletPaths,
  tabletTypes,
  tokenIn,
} from './protocol.ts';
import type { TabletCall, TabletDependencies } from './requests.ts';
import { tabletText } from './text.ts';

/** A join code, and the tablet that scanned it. */
interface Join {
  jwk: JsonWebKey | null;
  label: string;
  holder: Holder | null;
}

const joinKind = 'cis2-tablet-join';
const joinedKind = 'cis2-tablet-joined';

/** Creates a code for a tablet to scan. */
async function newJoinCode(singleUse: SingleUse): Promise<string> {
  const code = randomToken(24);
  await singleUse.keep(joinKind, code, { jwk: null, label: '', holder: null } satisfies Join, joinLifetime);
  return code;
}

const joinOf = (singleUse: SingleUse, code: string): Promise<Join | undefined> =>
  singleUse.peek<Join>(joinKind, code);

/** Returns six digits that the tablet and the workstation both show, which prove that both have the same key. */
const comparedNumber = (jwk: JsonWebKey): string => {
  const value = Buffer.from(sha256(`compare:${kidOf(jwk)}`), 'base64url').readUInt32BE(0);
  return String(value % 1_000_000).padStart(6, '0');
};

interface WithToken extends TabletCall {
  jwt: DecodedJwt;
  claims: JwtClaims;
  label: string;
}

async function readToken({ tablet: { issuer }, request: { headers, body } }: TabletCall) {
  const { jwt, label } = tokenIn(headers['content-type'], body);
  return { jwt, label, claims: checkType(jwt, tabletTypes.key, issuer) };
}

const checkKey = check('tablet-signature', async function checkKey({ jwt }: WithToken) {
  const jwk = await keyThatSigned(jwt);
  if (!jwk) throw tabletErrors.tabletMalformed('the token is not signed with a P-256 key of its header');
  return { jwk };
});

const findJoin = async ({
  tablet: { singleUse },
  claims: { code },
}: WithToken): Promise<{ code: string }> => {
  if (typeof code !== 'string' || code.length > 64 || !(await joinOf(singleUse, code)))
    throw tabletErrors.tabletCodeUnknown('no enrolment waits for it');
  return { code };
};

const checkHolder = check(
  'tablet-holder',
  async function checkHolder({ tablet: { holders }, claims, code }: WithToken & { code: string }) {
    return { holder: await holders.register(claims.holder, code) };
  },
);

/** Lets the first tablet use a code. */
const claimCode = check(
  'join-code',
  async function claimCode({ tablet: { singleUse }, code }: WithToken & { code: string }): Promise<void> {
    if (!(await singleUse.claim(joinedKind, code, joinLifetime)))
      throw tabletErrors.tabletCodeUnknown('another tablet was first');
  },
);

async function storeKey({
  tablet: { singleUse },
  code,
  jwk,
  label,
  holder,
}: WithToken &
  Join & { code: string; jwk: JsonWebKey } & Passed<
    'tablet-signature' | 'tablet-holder' | 'join-code'
  >): Promise<Answer> {
  await singleUse.replace(joinKind, code, { jwk, label, holder } satisfies Join);
  return json(200, { number: comparedNumber(jwk) });
}

/** `POST /tablet/join`: a tablet sends its key for a scanned code. */
export const joinSteps = steps<TabletCall>('cis2.tablet-join')
  .step(readToken)
  .step(checkKey)
  .step(findJoin)
  .step(checkHolder)
  .step(claimCode)
  .step(storeKey);

const importShape = z.object({
  label: labelShape,
  jwk: z.custom<JsonWebKey>((jwk) => {
    const key = publicKeyOf(jwk);
    return key !== undefined && keyFits('ES256', key);
  }, 'must be a public P-256 key'),
});

/** Reads a tablet that keeps its key in a program instead of a browser. */
function importTablet(body: JsonObject): ImportedCredential {
  const { label, jwk: given } = readImport(importShape, body);
  const jwk = publicPart(given);
  const imported: TabletBody = { jwk, ceiling: 3, shared: true };
  return { label: labelOf(label, tabletText.app.title), lookup: kidOf(jwk), body: imported };
}

/** Creates the enrolment: users open the link on the tablet, or scan a QR code with it and compare a number. */
export function tabletEnrolment({ singleUse, issuer, holders, development }: TabletDependencies): Enrolment {
  const { enrolment: text, app } = tabletText;
  const { origin } = new URL(issuer);

  const joinFor = async ({ pending: { kept } }: EnrolmentContext) =>
    kept === null ? undefined : joinOf(singleUse, kept);

  const show = async (context: EnrolmentContext, problem = ''): Promise<Answer> => {
    const page = { path: context.path, development };
    const { kept } = context.pending;
    const join = problem ? undefined : await joinFor(context);
    if (join?.jwk) return tabletComparePage(page, comparedNumber(join.jwk), join.label || app.title);
    const code = join && kept !== null ? kept : await newJoinCode(singleUse);
    if (code !== kept) await context.keep(code);
    const address = `${origin}${tabletPaths.app}#${joinPrefix}${code}`;
    return tabletEnrolmentPage(page, { issuer, code, address, problem, party: holders.party });
  };

  const complete = (context: EnrolmentContext, jwk: JsonWebKey, holder: Holder | null): Promise<Answer> => {
    const body: TabletBody = { jwk, ceiling: context.pending.ceiling === 3 ? 3 : 2, shared: false, holder };
    const label = labelOf(formOf(context.request).get('label'), app.title);
    return context.complete(
      { label, lookup: kidOf(jwk), body },
      // A key belongs to one user.
      { note: text.added, spends: [singleUse.claimStatement('cis2-tablet-key', kidOf(jwk), 900_000)] },
    );
  };

  /** Accepts the form from a page on the tablet, with a key that signed itself. */
  const takeKey = async (context: EnrolmentContext): Promise<Answer> => {
    const jwt = decodeJwt(formOf(context.request).get('token') ?? '');
    const jwk = jwt && (await keyThatSigned(jwt));
    if (!jwt || !jwk) return show(context, text.refused);
    const { code, holder: claim } = checkType(jwt, tabletTypes.key, issuer);
    if (typeof code !== 'string' || code !== context.pending.kept) return show(context, text.refused);
    const holder = await holders.register(claim, code).catch(() => undefined);
    return holder === undefined ? show(context, text.unverified) : complete(context, jwk, holder);
  };

  const takeComparison = async (context: EnrolmentContext): Promise<Answer> => {
    const join = await joinFor(context);
    if (join?.jwk && formOf(context.request).get('answer') === 'yes')
      return complete(context, join.jwk, join.holder);
    // The tablet is not the user's, so the page gets a new code.
    await context.keep(await newJoinCode(singleUse));
    return redirect(context.path(''), 303);
  };

  return {
    kind: tabletKind,
    label: tabletText.label,
    hint: tabletText.enrolmentHint,
    level: holders.levels[0] ?? 2,
    levelOf: ({ body }) => holders.levelOf(body as TabletBody),
    importCredential: importTablet,
    begin: (context) => show(context),
    routes: [
      { method: 'POST', path: 'here', run: takeKey },
      { method: 'POST', path: 'compared', run: takeComparison },
      {
        method: 'GET',
        path: 'state',
        run: async (context) => json(200, { state: (await joinFor(context))?.jwk ? 'came' : 'waiting' }),
      },
    ],
  };
}
