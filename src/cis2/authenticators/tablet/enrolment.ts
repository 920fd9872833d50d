import { type Answer, json, redirect } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import { randomToken } from '@alongside/kernel/ids';
import type { JsonObject } from '@alongside/kernel/json';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { decodeJwt, keyFits, publicKeyOf } from '@alongside/kernel/jws';
import { sha256 } from '@alongside/kernel/secrets';
import { z } from 'zod';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { Enrolment, EnrolmentContext } from '../../enrolment/enrolment.ts';
import { labelOf } from '../../enrolment/label.ts';
import { formOf } from '../../model/form.ts';
import { words } from '../../text/words.ts';
import { type ImportedCredential, labelShape, readImport } from '../shared/import.ts';
import { tabletErrors } from './errors.ts';
import type { HolderChecks } from './holder.ts';
import { tabletComparePage, tabletEnrolmentPage } from './page.ts';
import {
  checkType,
  type Holder,
  joiningLifetime,
  joinPrefix,
  keyThatSigned,
  kidOf,
  type TabletBody,
  tabletPaths,
  tabletTypes,
  tokenIn,
} from './protocol.ts';
import { tabletKind } from './sign-in.ts';

/** A tablet that shall be somebody's: the code that it scans, and its key once it has. */
export interface Joining {
  jwk: JsonWebKey | null;
  label: string;
  holder: Holder | null;
}

const kind = 'cis2-tablet-join';
const takenKind = 'cis2-tablet-joined';

/** Makes the code that a tablet scans to be set up. */
async function newJoining(singleUse: SingleUse): Promise<string> {
  const code = randomToken(24);
  await singleUse.keep(kind, code, { jwk: null, label: '', holder: null } satisfies Joining, joiningLifetime);
  return code;
}

const joiningOf = (singleUse: SingleUse, code: string): Promise<Joining | undefined> =>
  singleUse.peek<Joining>(kind, code);

/** Six digits that tablet and desk both show: they say that it is the same key. */
const comparedNumber = (jwk: JsonWebKey): string => {
  const value = Buffer.from(sha256(`compare:${kidOf(jwk)}`), 'base64url').readUInt32BE(0);
  return String(value % 1_000_000).padStart(6, '0');
};

/** `POST /tablet/join`: a tablet that scanned the code shows its key; the first one alone. */
export const createTabletJoin = (singleUse: SingleUse, holders: HolderChecks, issuer: string) =>
  async function join(request: HttpRequest): Promise<Answer> {
    const { jwt, label } = tokenIn(request.headers['content-type'], request.body);
    const { code, holder: given } = checkType(jwt, tabletTypes.key, issuer);
    const jwk = await keyThatSigned(jwt);
    if (!jwk) throw tabletErrors.tabletMalformed('the token is not signed with a P-256 key of its header');
    if (typeof code !== 'string' || code.length > 64 || !(await joiningOf(singleUse, code)))
      throw tabletErrors.tabletCodeUnknown('no enrolment waits for it');
    const holder = await holders.registered(given, code);
    if (!(await singleUse.claim(takenKind, code, joiningLifetime)))
      throw tabletErrors.tabletCodeUnknown('another tablet came first');
    await singleUse.replace(kind, code, { jwk, label, holder } satisfies Joining);
    return json(200, { number: comparedNumber(jwk) });
  };

interface Parts {
  singleUse: SingleUse;
  issuer: string;
  holders: HolderChecks;
  development: boolean;
}

const { enrolment: sentences, app } = words.tablet;

const importShape = z.object({
  label: labelShape,
  jwk: z.record(z.string(), z.unknown()).refine((jwk) => {
    const key = publicKeyOf(jwk);
    return key !== undefined && keyFits('ES256', key);
  }, 'must be a public P-256 key'),
});

/** Reads a tablet whose key is in a program instead of a browser. */
function importTablet(body: JsonObject): ImportedCredential {
  const { label, jwk } = readImport(importShape, body);
  const { kty, crv, x, y } = jwk as JsonWebKey;
  const key = { kty, crv, x, y } as JsonWebKey;
  const imported: TabletBody = { jwk: key, ceiling: 3, shared: true };
  return { label: labelOf(label, app.title), lookup: kidOf(key), body: imported };
}

/** How a person is given a tablet: the link is opened on it, or it scans a picture and both show the same number. */
export function tabletEnrolment({ singleUse, issuer, holders, development }: Parts): Enrolment {
  const { origin } = new URL(issuer);
  const shown = ({ path }: EnrolmentContext) => ({ path, development });

  const joiningFor = async ({ pending: { kept } }: EnrolmentContext) =>
    kept === null ? undefined : joiningOf(singleUse, kept);

  const show = async (context: EnrolmentContext, problem = ''): Promise<Answer> => {
    const known = context.pending.kept;
    const joining = problem ? undefined : await joiningFor(context);
    if (joining?.jwk)
      return tabletComparePage(shown(context), comparedNumber(joining.jwk), joining.label || app.title);
    const code = joining && known !== null ? known : await newJoining(singleUse);
    if (code !== known) await context.keep(code);
    const address = `${origin}${tabletPaths.app}#${joinPrefix}${code}`;
    return tabletEnrolmentPage(shown(context), { issuer, code, address, problem, party: holders.party });
  };

  const complete = (context: EnrolmentContext, jwk: JsonWebKey, holder: Holder | null): Promise<Answer> => {
    const body: TabletBody = { jwk, ceiling: context.pending.ceiling === 3 ? 3 : 2, shared: false, holder };
    const label = labelOf(formOf(context.request).get('label'), app.title);
    return context.complete(
      { label, lookup: kidOf(jwk), body },
      // One key is one person's.
      { note: sentences.added, spends: [singleUse.claimStatement('cis2-tablet-key', kidOf(jwk), 900_000)] },
    );
  };

  /** The page was opened on the tablet: its key came with the form, signed with itself. */
  const here = async (context: EnrolmentContext): Promise<Answer> => {
    const jwt = decodeJwt(formOf(context.request).get('token') ?? '');
    const jwk = jwt && (await keyThatSigned(jwt));
    if (!jwt || !jwk) return show(context, sentences.refused);
    const { code, holder: given } = checkType(jwt, tabletTypes.key, issuer);
    if (typeof code !== 'string' || code !== context.pending.kept) return show(context, sentences.refused);
    const holder = await holders.registered(given, code).catch(() => undefined);
    return holder === undefined ? show(context, sentences.unverified) : complete(context, jwk, holder);
  };

  const compared = async (context: EnrolmentContext): Promise<Answer> => {
    const joining = await joiningFor(context);
    if (joining?.jwk && formOf(context.request).get('answer') === 'yes')
      return complete(context, joining.jwk, joining.holder);
    // Whatever came is not the person's: the next one is for another code.
    await context.keep(await newJoining(singleUse));
    return redirect(context.path(''), 303);
  };

  return {
    kind: tabletKind,
    label: words.ways.tablet.label,
    hint: words.ways.tablet.enrolmentHint,
    level: holders.levels[0] ?? 2,
    levelOf: ({ body }) => holders.levelOf(body as TabletBody),
    importCredential: importTablet,
    begin: (context) => show(context),
    routes: [
      { method: 'POST', path: 'here', run: here },
      { method: 'POST', path: 'compared', run: compared },
      {
        method: 'GET',
        path: 'state',
        run: async (context) => json(200, { state: (await joiningFor(context))?.jwk ? 'came' : 'waiting' }),
      },
    ],
  };
}
