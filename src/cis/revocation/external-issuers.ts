import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { jsonProblem } from '@alongside/kernel/json';
import { ConfigurationError } from '@alongside/kernel/operator';
import { readTextFile } from '@alongside/kernel/text-file';
import { z } from 'zod';
import { firstProblem } from '../shapes.ts';

/** A card authority of another organisation that CIS accepts. */
export interface ExternalIssuer {
  /** Name for the log. */
  name: string;
  /** Certificate of the key that signs the card certificates. It is pinned: no path is built. */
  certificate: X509Certificate;
  /** OIDs of certificate policies. A card needs one of them; an empty list allows any. */
  policies: readonly string[];
  /** OCSP responder (RFC 6960); used first. */
  ocspUrl?: string;
  /** CRL (RFC 5280 section 5). */
  crlUrl?: string;
  /** Without a revocation status, `hard` rejects the card and `soft` accepts it with a warning in the log. */
  failMode: 'hard' | 'soft';
  /** Maximum age of a CRL or an OCSP response in seconds. */
  freshness: number;
}

/** The default of `freshness`. */
const defaultFreshness = 86_400;

const url = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:/.test(value), 'must be an http or https address');

const shape = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and hyphens'),
      certificate: z.string().min(1, 'must name a PEM file'),
      policies: z
        .array(z.string().regex(/^\d+(\.\d+)+$/, 'must be an OID'))
        .max(20, 'must have at most 20 entries')
        .default([]),
      ocsp: url.optional(),
      crl: url.optional(),
      failMode: z.enum(['hard', 'soft'], 'must be "hard" or "soft"').default('hard'),
      freshness: z
        .number('must be seconds')
        .int('must be whole seconds')
        .min(60, 'must be 60 or more')
        .max(2_678_400, 'must be 31 days or less')
        .default(defaultFreshness),
    }),
  )
  .max(20, 'must have at most 20 entries');

/**
 * Reads a file of external issuers, or none: a JSON list of `{name, certificate, policies, ocsp, crl, failMode, freshness}`. A certificate is
 * the path of a PEM file, relative to the list. @throws ConfigurationError
 */
export function readIssuersFile(file: string | undefined): ExternalIssuer[] {
  if (file === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(file));
  } catch (error) {
    throw new ConfigurationError(`The list of card issuers ${file} cannot be read: ${jsonProblem(error)}.`);
  }
  const result = shape.safeParse(value);
  if (!result.success) {
    const { field, problem } = firstProblem(result.error);
    throw new ConfigurationError(`The list of card issuers ${file} is invalid: ${field} ${problem}.`);
  }
  return result.data.map(({ certificate, ocsp, crl, ...rest }) => ({
    ...rest,
    certificate: readCertificateFile(resolve(dirname(file), certificate)),
    ...(ocsp === undefined ? {} : { ocspUrl: ocsp }),
    ...(crl === undefined ? {} : { crlUrl: crl }),
  }));
}

function readCertificateFile(file: string): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(file));
  } catch (error) {
    throw new ConfigurationError(
      `The certificate ${file} of a card issuer cannot be read: ${reasonOf(error)}.`,
    );
  }
  if (!certificate.ca) throw new ConfigurationError(`The certificate ${file} is not one of an authority.`);
  return certificate;
}
