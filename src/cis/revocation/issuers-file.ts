import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '@alongside/kernel/errors';
import { OperatorError } from '@alongside/kernel/operator';
import { z } from 'zod';
import { firstProblem } from '../json-body.ts';
import { type ExternalIssuer, usualFreshness } from './external-issuer.ts';

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
        .default(usualFreshness),
    }),
  )
  .max(20, 'must have at most 20 entries');

/**
 * Reads the file that names authorities whose cards are taken beside our own: a JSON list of
 * `{name, certificate, policies, ocsp, crl, failMode, freshness}`; a certificate is a PEM file, from where the list stands.
 * Throws OperatorError, in one sentence.
 */
export function readIssuersFile(file: string): ExternalIssuer[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(`The list of card issuers ${file} cannot be read: ${reasonOf(error)}.`);
  }
  const result = shape.safeParse(value);
  if (!result.success) {
    const { field, problem } = firstProblem(result.error);
    throw new OperatorError(`The list of card issuers ${file} is not right: ${field} ${problem}.`);
  }
  return result.data.map(({ certificate, ocsp, crl, ...rest }) => ({
    ...rest,
    certificate: readCertificateFile(resolve(dirname(file), certificate)),
    ...(ocsp === undefined ? {} : { ocspUrl: ocsp }),
    ...(crl === undefined ? {} : { crlUrl: crl }),
  }));
}

function readCertificateFile(file: string): X509Certificate {
  try {
    const certificate = new X509Certificate(readFileSync(file));
    if (certificate.ca) return certificate;
  } catch (error) {
    throw new OperatorError(`The certificate ${file} of a card issuer cannot be read: ${reasonOf(error)}.`);
  }
  throw new OperatorError(`The certificate ${file} is not one of an authority.`);
}
