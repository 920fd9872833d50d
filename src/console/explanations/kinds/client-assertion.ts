import { seconds } from '@alongside/kernel/clock';
import type { DecodedJwt } from '@alongside/kernel/jws';
import type { StoredApplication } from '../../../oauth/applications.ts';
import { likeness } from '../../../oauth/check.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import {
  atCis2,
  atPlatform,
  type DryRun,
  findingOf,
  type Insights,
  textClaim,
  unreadable,
} from '../dry-run.ts';
import {
  checked,
  type ExplainedCheck,
  type ExplainKind,
  type Finding,
  listed,
  unchecked,
} from '../finding.ts';
import { checkForm, detailsOf, looselyDecoded, skewOf, timeOf } from '../jwt.ts';
import { linkTo, Registered, standingOf } from '../registered.ts';

type Half = 'platform' | 'cis2';

/** Returns the server for which an assertion is, by its client, or else by its audience. */
function halfOf(
  clientId: string,
  aud: string,
  application: StoredApplication | undefined,
  issuer: string,
): Half {
  if (application?.platform?.clientId === clientId) return 'platform';
  if (application?.cis2?.clientId === clientId && aud.startsWith(issuer)) return 'cis2';
  return aud.startsWith(issuer) ? 'cis2' : 'platform';
}

/** Checks that a registered key has the `kid`. The service does so with the signature. */
function keyCheck(
  kid: unknown,
  application: StoredApplication,
  half: Half,
  registered: Registered,
): ExplainedCheck {
  const registration = application[half];
  const keys = registration?.jwks?.keys;
  if (typeof kid !== 'string') return unchecked('key', 'unknown', 'Without kid no key is named.');
  if (!keys)
    return unchecked(
      'key',
      'unknown',
      registration?.jwksUrl
        ? `Its keys are at ${registration.jwksUrl}; the signature is checked with them.`
        : `${application.name} has registered no key.`,
      kid,
    );
  const kids = keys.flatMap((key) => key.kid ?? []);
  if (kids.includes(kid))
    return checked('key', true, {
      received: kid,
      expected: `a registered key of ${application.name}`,
      why: `Registered by ${application.name}`,
    });
  const others = registered.withKid(kid).filter(({ id }) => id !== application.id);
  return checked('key', false, {
    received: kid,
    expected: listed(kid, kids),
    why: others.length > 0 ? `This is a key of ${others.map(({ name }) => name).join(', ')}.` : '',
  });
}

/** Explains a signature that is not that of the named key. */
async function signatureInsight(jwt: DecodedJwt, registered: Registered): Promise<Insights['signature']> {
  const signer = await registered.signer(jwt);
  if (!signer)
    return {
      why: 'No key that is registered here made it: it was changed after signing, or signed with another private key.',
    };
  return {
    received: `signed with the key ${signer.kid} of ${signer.application.name}`,
    why: 'Send the kid of the key that signed it, in an assertion of the application that registered it.',
  };
}

/** Returns the first of the accepted audiences, which is the advised one. */
const advisedAudience = ({ expected }: { expected: string }): string =>
  expected.replace(/^the one string /, '').split(' or ')[0] ?? '';

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing');

async function insightsOf(
  run: DryRun,
  jwt: DecodedJwt,
  half: Half,
  registered: Registered,
  now: number,
): Promise<Insights> {
  const { claims } = jwt;
  const skew = skewOf(claims, now);
  const failed = (name: string) => run.checks.find(({ check, ok }) => check === name && !ok);
  const clientId = textClaim(claims, 'iss') || textClaim(claims, 'sub');
  const audience = failed('aud');
  const time = (name: string): Insights => ({
    [name]: {
      received: timeOf(claims[name], now),
      why: failed(name) ? skew : '',
    },
  });
  return {
    ...time('exp'),
    ...time('nbf'),
    ...time('iat'),
    ...standingOf(registered.byClient(clientId)),
    aud: {
      received: textOf(claims.aud),
      why: audience ? (likeness(claims.aud, advisedAudience(audience)) ?? '') : '',
    },
    ...(failed('client')
      ? {
          client: {
            received: clientId || 'no client id',
            expected: listed(clientId, registered.clientIds(half)),
            why: registered.mistaken(clientId, half),
          },
        }
      : {}),
    ...(failed('signature') ? { signature: await signatureInsight(jwt, registered) } : {}),
  };
}

async function explain(text: string, console: ConsoleContext): Promise<Finding> {
  const now = seconds(console.clock);
  const { checks: form, jwt } = checkForm(text);
  const details = detailsOf(looselyDecoded(text), now);
  if (!jwt)
    return {
      ...unreadable(form, {
        headline: 'This is not a JWT that a service can read',
        fix: 'Send a compact JWS: header, claims and signature as base64url with dots between them.',
        source: 'RFC 7515 section 7.1',
      }),
      details,
    };
  const registered = await Registered.read(console);
  const clientId = textClaim(jwt.claims, 'sub') || textClaim(jwt.claims, 'iss');
  const application = registered.byClient(clientId);
  const half = halfOf(clientId, textClaim(jwt.claims, 'aud'), application, console.cis2Issuer);
  const run =
    half === 'cis2'
      ? await atCis2(console, { assertion: text })
      : await atPlatform(console, { assertion: text });
  if (!run) throw new Error('The dry run of an assertion has no result.');
  const key = application && keyCheck(jwt.header.kid, application, half, registered);
  return findingOf(
    run,
    {
      first: form,
      insights: await insightsOf(run, jwt, half, registered, now),
      links: application ? [linkTo(application)] : [],
      details,
    },
    (checks) => {
      if (!key) return checks;
      const at = checks.findIndex(({ name }) => name === 'signature');
      return at < 0 ? [...checks, key] : checks.toSpliced(at, 0, key);
    },
  );
}

/** A client assertion (RFC 7523). */
export const clientAssertion: ExplainKind = {
  id: 'client-assertion',
  label: 'a client assertion',
  fits({ isJwtLike, text }) {
    if (!isJwtLike) return undefined;
    const { iss, sub } = looselyDecoded(text).claims;
    return iss !== undefined && iss === sub ? 'certain' : 'possible';
  },
  explain: ({ text }, console) => explain(text, console),
};
