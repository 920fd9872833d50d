import { seconds } from '@alongside/kernel/clock';
import type { JsonObject } from '@alongside/kernel/json';
import { type DecodedJwt, isSigningAlgorithm, verifySignature } from '@alongside/kernel/jws';
import { likeness } from '../../../oauth/check.ts';
import { scopesOf } from '../../../oauth/products.ts';
import type { TokenRecord } from '../../../oauth/token-records.ts';
import { type ConsoleContext, keyServices } from '../../model/dependencies.ts';
import { textClaim, unreadable } from '../dry-run.ts';
import {
  checked,
  type ExplainedCheck,
  type ExplainKind,
  type Finding,
  firstFailure,
  type Link,
  listed,
  ownBanner,
  unchecked,
} from '../finding.ts';
import { checkForm, detailsOf, looselyDecoded, skewOf, timeOf } from '../jwt.ts';
import { linkTo, Registered } from '../registered.ts';

const services = { cis2: 'CIS2', authorisation: 'the authorisation service', cis: 'CIS' } as const;

/** Checks the signature with the keys of this installation. */
async function signatureChecks(jwt: DecodedJwt, { keys, clock }: ConsoleContext): Promise<ExplainedCheck[]> {
  const { alg, kid } = jwt.header;
  const algorithm = checked('alg', isSigningAlgorithm(alg), {
    received: String(alg),
    expected: 'RS256, RS512, PS256, ES256 or EdDSA',
    why: 'RFC 8725 section 3.1',
  });
  const described = await Promise.all(
    keyServices.map(async (service) => (await keys[service].describe()).map((key) => ({ service, key }))),
  );
  const known = described.flat();
  const found = known.find(({ key }) => key.kid === kid);
  if (!found || !isSigningAlgorithm(alg))
    return [
      algorithm,
      checked('kid', found !== undefined, {
        received: typeof kid === 'string' ? kid : 'missing',
        expected: listed(
          String(kid),
          known.map(({ key }) => key.kid),
        ),
        why: 'No key of this installation has this kid: the token is of another environment, or the installation was reset.',
      }),
      unchecked('signature', 'unknown', 'There is no key to verify it with.'),
    ];
  const { service, key } = found;
  const verifying = await keys[service].publicKey(key.kid);
  const holds = verifying !== undefined && (await verifySignature(jwt, alg, verifying.key));
  const isOld = key.removedAt !== null && key.removedAt <= clock.now();
  return [
    algorithm,
    checked('kid', true, {
      received: key.kid,
      expected: 'a key of this installation',
      why: `A key of ${services[service]}${isOld ? ', which has left its key set' : ''}`,
    }),
    checked('signature', holds, {
      received: holds ? `that of the key ${key.kid}` : 'another one',
      expected: `that of the key ${key.kid}`,
      why: holds
        ? `Signed by ${services[service]}`
        : 'The token was changed after it was signed, or cut when it was copied.',
    }),
  ];
}

function timeChecks(claims: JsonObject, now: number, hasExpiry = true): ExplainedCheck[] {
  const { exp, iat } = claims;
  const skew = skewOf({ iat }, now);
  return [
    ...(hasExpiry || exp !== undefined
      ? [
          checked('exp', typeof exp === 'number' && exp > now, {
            received: timeOf(exp, now),
            expected: 'a time in the future',
            why: 'Get a new token when it has expired.',
          }),
        ]
      : []),
    checked('iat', typeof iat === 'number' && iat <= now + 10, {
      received: timeOf(iat, now),
      expected: 'a time in the past',
      why: typeof iat === 'number' && iat > now ? skew : '',
    }),
  ];
}

function issuerCheck(claims: JsonObject, expected: readonly string[]): ExplainedCheck {
  const iss = textClaim(claims, 'iss');
  const hint = expected.map((issuer) => likeness(iss, issuer)).find((found) => found !== undefined);
  return checked('iss', expected.includes(iss), {
    received: iss || 'missing',
    expected: listed(iss, expected),
    why: hint ?? 'Compare it character for character with the issuer that you configured.',
  });
}

function audienceCheck(claims: JsonObject, registered: Registered): { check: ExplainedCheck; link: Link[] } {
  const values = [claims.aud].flat().filter((value) => typeof value === 'string');
  const application = values.map((value) => registered.byClient(value)).find((found) => found !== undefined);
  return {
    check: checked('aud', application?.cis2 !== undefined && application.cis2 !== null, {
      received: values.join(', ') || 'missing',
      expected: application
        ? `the client id of ${application.name} at CIS2`
        : listed(values[0] ?? '', registered.clientIds('cis2')),
      why: 'A token for another client must not be accepted.',
    }),
    link: application ? [linkTo(application)] : [],
  };
}

const fixes: Readonly<Record<string, string>> = {
  exp: 'Get a new token. Allow for clocks that differ by a few seconds.',
  aud: 'Use the token that CIS2 issued to your own client.',
  iss: 'Configure the issuer exactly as CIS2 publishes it in its discovery document.',
  signature: 'Copy the whole token, and verify it with the key set of its issuer.',
  kid: 'Use a token of this installation, and read its key set again when the kid is unknown.',
};

function jwtFinding(
  what: string,
  checks: ExplainedCheck[],
  rest: Pick<Finding, 'links' | 'details'>,
): Finding {
  const failed = firstFailure(checks);
  return {
    summary: failed ? `This ${what} is not valid here: ${failed.name}.` : `This ${what} is valid.`,
    banner: failed
      ? ownBanner(failed, {
          headline: `The ${what} fails at ${failed.name}`,
          fix: fixes[failed.name] ?? failed.why,
          source: 'OpenID Connect Core section 3.1.3.7',
        })
      : null,
    checks,
    ...rest,
  };
}

/** Explains a token of CIS2 that clients verify themselves. */
async function explainSigned(
  what: string,
  text: string,
  console: ConsoleContext,
  more: (claims: JsonObject, header: JsonObject) => readonly ExplainedCheck[],
  hasExpiry = true,
): Promise<Finding> {
  const now = seconds(console.clock);
  const { checks: form, jwt } = checkForm(text);
  const loose = looselyDecoded(text);
  const details = detailsOf(loose, now);
  if (!jwt)
    return {
      ...unreadable(form, {
        headline: `This is not a ${what} that can be read`,
        fix: 'Copy the whole token.',
        source: 'RFC 7515 section 7.1',
      }),
      details,
    };
  const registered = await Registered.read(console);
  const { check: audience, link } = audienceCheck(jwt.claims, registered);
  const sub = textClaim(jwt.claims, 'sub');
  const person: Link[] = /^\d{12}$/.test(sub) ? [{ label: `Person ${sub}`, href: `/people/${sub}` }] : [];
  const checks = [
    ...form,
    ...(await signatureChecks(jwt, console)),
    issuerCheck(jwt.claims, [console.cis2Issuer]),
    audience,
    ...timeChecks(jwt.claims, now, hasExpiry),
    ...more(jwt.claims, jwt.header),
  ];
  return jwtFinding(what, checks, { links: [...link, ...person], details });
}

const hasText = (claims: JsonObject, name: string): boolean => textClaim(claims, name) !== '';

/** An ID token (OpenID Connect Core section 2). */
export const idToken: ExplainKind = {
  id: 'id-token',
  label: 'an ID token',
  fits({ isJwtLike, text }, { cis2Issuer }) {
    if (!isJwtLike) return undefined;
    const { claims } = looselyDecoded(text);
    if (claims.iss === claims.sub && claims.iss !== undefined) return undefined;
    const isOfCis2 = claims.iss === cis2Issuer;
    return isOfCis2 || ['nonce', 'at_hash', 'auth_time', 'acr'].some((name) => name in claims)
      ? 'certain'
      : 'possible';
  },
  explain: ({ text }, console) =>
    explainSigned('ID token', text, console, (claims) => [
      checked('sub', hasText(claims, 'sub'), {
        received: textClaim(claims, 'sub') || 'missing',
        expected: 'the uid of a person',
      }),
      'nonce' in claims
        ? checked('nonce', hasText(claims, 'nonce'), {
            received: textClaim(claims, 'nonce'),
            expected: 'the nonce that you sent',
            why: 'Compare it with the one of this browser.',
          })
        : unchecked('nonce', 'not applicable', 'The authorization request sent none.'),
      checked('acr', hasText(claims, 'acr'), {
        received:
          [textClaim(claims, 'acr'), textClaim(claims, 'authentication_assurance_level')]
            .filter(Boolean)
            .join(', level ') || 'missing',
        expected: 'the level that you need',
        why: 'The scopes of the API follow authentication_assurance_level.',
      }),
    ]),
};

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** A logout token (OpenID Connect Back-Channel Logout section 2.4). */
export const logoutToken: ExplainKind = {
  id: 'logout-token',
  label: 'a logout token',
  fits({ isJwtLike, text }) {
    if (!isJwtLike) return undefined;
    const { header, claims } = looselyDecoded(text);
    return header.typ === 'logout+jwt' || 'events' in claims ? 'certain' : 'possible';
  },
  explain: ({ text }, console) =>
    explainSigned(
      'logout token',
      text,
      console,
      ({ sid, sub, events, nonce, jti }) => [
        checked('sid or sub', typeof sid === 'string' || typeof sub === 'string', {
          received: sid === undefined ? String(sub ?? 'missing') : String(sid),
          expected: 'the ended session, or the person',
        }),
        checked('events', typeof events === 'object' && events !== null && logoutEvent in events, {
          received: JSON.stringify(events) ?? 'missing',
          expected: `an object with ${logoutEvent}`,
        }),
        checked('nonce', nonce === undefined, {
          received: nonce === undefined ? 'none' : 'there is one',
          expected: 'none',
          why: 'So that an ID token is never taken for a logout token',
        }),
        checked('jti', typeof jti === 'string', { received: String(jti ?? 'missing'), expected: 'an id' }),
      ],
      false,
    ),
};

const opaque = /^[\w~+/=-]{20,200}$/;

const unknownToken = checked('known', false, {
  received: 'a token that is not stored',
  expected: 'a token of this installation',
  why: 'It is of another environment, it expired more than a day ago, or the installation was reset.',
});

/** Returns the checks that read the record alone. */
function stateChecks(record: TokenRecord, { urls, clock, cis2Issuer }: ConsoleContext): ExplainedCheck[] {
  const { kind, issuer, issuedAt, revokedAt, usedAt, expiresAt } = record;
  const now = clock.now();
  const shown = (time: number) => timeOf(Math.floor(time / 1_000), now / 1_000);
  const isAccess = kind === 'access';
  const used = checked('used', usedAt === null, {
    received: usedAt === null ? 'no' : shown(usedAt),
    expected: 'no',
    why: 'A refresh token is used once.',
  });
  return [
    checked('known', true, {
      received: `issued ${shown(issuedAt)}`,
      expected: 'a token of this installation',
    }),
    checked('kind', isAccess, {
      received: isAccess ? 'an access token' : 'a refresh token',
      expected: 'an access token',
      why: isAccess ? '' : 'APIs take the access token. Send this one to the token endpoint only.',
    }),
    checked('issuer', issuer.startsWith(`${urls.api}/`), {
      received: issuer,
      expected: `a base path of ${urls.api}`,
      why:
        issuer === cis2Issuer
          ? 'This is CIS2’s own access token, for its userinfo endpoint. Exchange the ID token for one of the platform.'
          : '',
    }),
    checked('revoked', revokedAt === null, {
      received: revokedAt === null ? 'no' : shown(revokedAt),
      expected: 'no',
      why:
        revokedAt === null
          ? ''
          : 'The session ended, the token was revoked, or a code or refresh token was used twice.',
    }),
    ...(isAccess ? [] : [used]),
    checked('expiry', expiresAt > now, {
      received: shown(expiresAt),
      expected: 'a time in the future',
      why: expiresAt > now ? '' : 'Refresh it, or sign in again.',
    }),
  ];
}

/** Returns the checks of the gateway that do not depend on the called API. */
async function recordChecks(
  record: TokenRecord | undefined,
  console: ConsoleContext,
): Promise<{ checks: ExplainedCheck[]; links: Link[] }> {
  if (!record) return { checks: [unknownToken], links: [] };
  const application = await console.applications.get(record.applicationId);
  const granted = application?.platform ? await console.products.of(application.platform) : [];
  const scopes = record.scope.split(' ').filter(Boolean);
  return {
    checks: [
      ...stateChecks(record, console),
      checked('application', application?.status === 'approved', {
        received: application ? `${application.name}, ${application.status}` : 'removed',
        expected: 'an approved application',
      }),
      checked('scope', scopes.length > 0, {
        received: scopes.join(', ') || 'none',
        expected: scopesOf(granted).join(', ') || 'a scope of the products',
        why: 'Each API asks for one of its own scopes.',
      }),
      record.attributes.cnf === undefined
        ? unchecked('binding', 'not applicable', 'A bearer token: its holder may use it.')
        : unchecked(
            'binding',
            'unknown',
            'It is bound to a key or certificate, which the call has to prove.',
          ),
    ],
    links: [
      ...(application ? [linkTo(application)] : []),
      ...(record.uid
        ? [{ label: `Person ${record.uid}`, href: `/people/${encodeURIComponent(record.uid)}` }]
        : []),
    ],
  };
}

const headlines: Readonly<Record<string, string>> = {
  expiry: 'The access token has expired',
  revoked: 'The access token was revoked',
};

/** Explains an access or refresh token, without using it. */
export async function explainAccess(text: string, console: ConsoleContext): Promise<Finding> {
  const record = await console.tokens.find(text);
  const isJwt = text.split('.').length === 3;
  const { checks: own, links } = await recordChecks(record, console);
  const { checks: form, jwt } = isJwt ? checkForm(text) : { checks: [], jwt: undefined };
  const signed = jwt ? await signatureChecks(jwt, console) : [];
  const checks = [...form, ...signed, ...own];
  const failed = firstFailure(checks);
  return {
    summary: failed
      ? `APIs refuse this token: ${failed.name}.`
      : 'The token is valid. An API also checks its scope, and the role.',
    banner: failed
      ? ownBanner(failed, {
          headline: headlines[failed.name] ?? `The access token fails at ${failed.name}`,
          fix: failed.why || 'Get a new access token.',
          source: 'RFC 6750 section 3.1',
        })
      : null,
    checks,
    links,
    ...(isJwt ? { details: detailsOf(looselyDecoded(text), seconds(console.clock)) } : {}),
  };
}

/** An access or refresh token, opaque or a JWT. */
export const accessToken: ExplainKind = {
  id: 'access-token',
  label: 'an access token',
  async fits({ isJwtLike, text }, { tokens }) {
    if (!isJwtLike && !opaque.test(text)) return undefined;
    if (await tokens.find(text)) return 'certain';
    if (!isJwtLike) return 'possible';
    const { header, claims } = looselyDecoded(text);
    return header.typ === 'at+jwt' || ('scope' in claims && 'client_id' in claims) ? 'certain' : 'possible';
  },
  explain: ({ text }, console) => explainAccess(text, console),
};
