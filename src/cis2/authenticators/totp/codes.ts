import { equalSecrets } from '@alongside/kernel/secrets';
import { Secret, TOTP } from 'otpauth';

/** What authenticator apps know without being told (RFC 6238 section 4, and the key URI format). */
const settings = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Steps before and after the present one whose codes are taken: clocks differ, and typing takes its time. */
const tolerance = 1;

/** A new secret, base32: 160 bits (RFC 4226 section 4). */
export const newSecret = (): string => new Secret({ size: 20 }).base32;

/** What an app reads out of the picture. */
export const keyUri = (secret: string, email: string, issuer: string): string =>
  new TOTP({ ...settings, issuer, label: email, secret: Secret.fromBase32(secret) }).toString();

/** The code of six digits as it was meant: apps show it in two groups. Undefined when it is none. */
export function codeOf(text: string | undefined): string | undefined {
  const digits = (text ?? '').slice(0, 32).replace(/[\s-]/g, '');
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}

/** The code of a secret at this time in milliseconds. */
export const codeAt = (secret: string, timestamp: number): string =>
  TOTP.generate({ ...settings, secret: Secret.fromBase32(secret), timestamp });

/**
 * The step whose code this is, if it is one of now and newer than the last that was used; the oldest of those.
 * Every step is looked at, so that the time tells nothing (RFC 6238 section 5.2: each code once).
 * @param now milliseconds.
 */
export function stepOf(
  secret: string,
  code: string,
  now: number,
  lastStep: number | null,
): number | undefined {
  const present = TOTP.counter({ period: settings.period, timestamp: now });
  let found: number | undefined;
  for (let step = present + tolerance; step >= present - tolerance; step--) {
    const same = equalSecrets(codeAt(secret, step * settings.period * 1000), code);
    if (same && (lastStep === null || step > lastStep)) found = step;
  }
  return found;
}
