import { equalSecrets } from '@alongside/kernel/secrets';
import { Secret, TOTP } from 'otpauth';

/** The defaults of authenticator apps (RFC 6238 section 4, and the key URI format). */
const settings = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Accepted steps before and after the current one, for clock differences and slow typing. */
const tolerance = 1;

/** Returns a new secret of 160 bits (RFC 4226 section 4), base32. */
export const newSecret = (): string => new Secret({ size: 20 }).base32;

/** Returns the URI in the QR code for the app. */
export const keyUri = (secret: string, email: string, issuer: string): string =>
  new TOTP({ ...settings, issuer, label: email, secret: Secret.fromBase32(secret) }).toString();

/** Reads a code of six digits, which apps show in two groups. Returns undefined for other text. */
export function codeOf(text: string | undefined): string | undefined {
  const digits = (text ?? '').slice(0, 32).replace(/[\s-]/g, '');
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}

/** Returns the code of a secret. @param timestamp milliseconds. */
export const codeAt = (secret: string, timestamp: number): string =>
  TOTP.generate({ ...settings, secret: Secret.fromBase32(secret), timestamp });

/**
 * Returns the earliest accepted step of a code that is later than the last used step (RFC 6238 section 5.2: each code once).
 * Compares every step, so the time is constant.
 * @param now milliseconds.
 */
export function stepOf(
  secret: string,
  code: string,
  now: number,
  lastStep: number | null,
): number | undefined {
  const current = TOTP.counter({ period: settings.period, timestamp: now });
  let found: number | undefined;
  for (let step = current + tolerance; step >= current - tolerance; step--) {
    const same = equalSecrets(codeAt(secret, step * settings.period * 1000), code);
    if (same && (lastStep === null || step > lastStep)) found = step;
  }
  return found;
}
