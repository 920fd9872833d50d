import type { JsonObject } from '@alongside/kernel/json';
import type { JsonWebKey } from '@alongside/kernel/jwk';
import { keyFits, publicKeyOf } from '@alongside/kernel/jws';
import { z } from 'zod';
import type { Account } from '../authenticators/shared/accounts.ts';
import { demoHash } from '../authenticators/shared/demo.ts';
import { emailOf } from '../authenticators/shared/email.ts';
import { kidOf, type TabletBody } from '../authenticators/tablet/signed.ts';
import { newSecret } from '../authenticators/totp/codes.ts';
import type { TotpBody } from '../authenticators/totp/sign-in.ts';
import type { Draft } from '../model/credentials.ts';
import { words } from '../text/words.ts';
import { enrolmentErrors } from './errors.ts';
import { labelOf } from './label.ts';

/** What a tester gives somebody, in development alone. */
type Brought = Omit<Draft, 'uid' | 'kind'>;

const label = z.string().max(200).optional();
const email = z
  .string()
  .max(254)
  .refine((value) => emailOf(value) !== undefined, 'must be an e-mail address');
const totpShape = z.object({
  label,
  email,
  secret: z
    .string()
    .regex(/^[A-Z2-7]{16,64}$/, 'must be base32, 16 to 64 characters')
    .optional(),
});
const passwordShape = z.object({ label, email });
const tabletShape = z.object({
  label,
  jwk: z.record(z.string(), z.unknown()).refine((jwk) => {
    const key = publicKeyOf(jwk);
    return key !== undefined && keyFits('ES256', key);
  }, 'must be a public P-256 key'),
});

function read<T>(shape: z.ZodType<T>, body: JsonObject): T {
  const { success, data, error } = shape.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  const field = (issue?.path ?? []).join('.');
  const problem = issue?.message ?? '';
  throw enrolmentErrors.consoleBody(`${field}: ${problem}`, { field, problem });
}

/** An authenticator app with a secret that a tester brings or wants, and the password of the seed. */
export function bringTotp(given: JsonObject): Brought {
  const { label: name, email: address, secret = newSecret() } = read(totpShape, given);
  const lookup = emailOf(address) ?? '';
  const body: TotpBody = { email: lookup, hash: demoHash, lastStep: null };
  return { label: labelOf(name, words.ways.totp.label), lookup, body, secret };
}

/** The password of the seed, for one person more. */
export function bringPassword(given: JsonObject): Brought {
  const { label: name, email: address } = read(passwordShape, given);
  const lookup = emailOf(address) ?? '';
  const body: Account = { email: lookup, hash: demoHash };
  return { label: labelOf(name, words.ways.password.label), lookup, body };
}

/** A tablet whose key a tester has, in a program instead of a browser. */
export function bringTablet(given: JsonObject): Brought {
  const { label: name, jwk } = read(tabletShape, given);
  const { kty, crv, x, y } = jwk as JsonWebKey;
  const key = { kty, crv, x, y } as JsonWebKey;
  const body: TabletBody = { jwk: key, ceiling: 3, shared: true };
  return { label: labelOf(name, words.tablet.app.title), lookup: kidOf(key), body };
}
