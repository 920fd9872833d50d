import type { JsonObject } from '@alongside/kernel/json';
import { publicKeyOf, thumbprint } from '@alongside/kernel/jws';
import { counted } from '@alongside/kernel/operator';
import type { ConsoleContext } from '../../model/dependencies.ts';
import {
  checked,
  type ExplainedCheck,
  type ExplainKind,
  type Finding,
  firstFailure,
  ownBanner,
  unchecked,
} from '../finding.ts';
import { type DescribedKey, type KeyReport, KeyTextError, keyReportOf } from '../key-report.ts';
import { keysOf, linkTo, Registered } from '../registered.ts';

const source = 'RFC 7517';

function refused(error: KeyTextError): Finding {
  const failed = checked('public', false, {
    received: error.isPrivate ? 'a private key' : 'no key',
    expected: 'a public key',
    why: error.message,
  });
  return {
    summary: error.message,
    banner: ownBanner(failed, {
      headline: error.isPrivate ? 'This is a private key' : 'There is no key in this text',
      fix: error.message,
      source,
    }),
    checks: [failed],
    links: [],
  };
}

const keyChecks = (
  { kid, kind, algorithms, goodFor, problems }: DescribedKey,
  index: number,
): ExplainedCheck =>
  checked(`key ${kid ?? index + 1}`, problems.length === 0 && goodFor.length > 0, {
    received: `${kind}${algorithms.length > 0 ? `, ${algorithms.join(', ')}` : ''}`,
    expected: 'a public key with a kid that an algorithm here uses',
    why: problems.join(' ') || `Good for ${goodFor.join('; ')}.`,
  });

/** Finds the applications that have registered one of the keys. */
async function registrations(report: KeyReport, console: ConsoleContext) {
  const registered = await Registered.read(console);
  const prints = new Set(report.keys.flatMap(({ thumbprint: print }) => print ?? []));
  return registered
    .all()
    .filter((application) =>
      keysOf(application).some((jwk) => publicKeyOf(jwk) !== undefined && prints.has(thumbprint(jwk))),
    );
}

async function explain(
  text: string,
  json: JsonObject | undefined,
  console: ConsoleContext,
): Promise<Finding> {
  let report: KeyReport;
  try {
    report = keyReportOf(text, json);
  } catch (error) {
    if (error instanceof KeyTextError) return refused(error);
    throw error;
  }
  const owners = await registrations(report, console);
  const checks = [
    checked('public', true, { received: `${report.format}, public only`, expected: 'a public key' }),
    ...report.problems.map((problem) =>
      checked('set', false, { received: problem, expected: 'one key for each kid' }),
    ),
    ...report.keys.map(keyChecks),
    owners.length > 0
      ? checked('registered', true, {
          received: owners.map(({ name }) => name).join(', '),
          expected: 'an application',
          why:
            owners.length > 1 ? 'Several applications share a key: each of them can act as the others.' : '',
        })
      : unchecked('registered', 'unknown', 'No application has registered it.'),
  ];
  const failed = firstFailure(checks);
  const count = report.keys.length;
  return {
    summary: failed ? 'The keys have a problem.' : `${counted(count, 'public key')}, ready to register.`,
    banner: failed
      ? ownBanner(failed, { headline: 'A key cannot be used', fix: failed.why || failed.received, source })
      : null,
    checks,
    links: owners.map(linkTo),
  };
}

/** A key or certificate as PEM. */
export const pem: ExplainKind = {
  id: 'pem',
  label: 'a key as PEM',
  fits({ text }) {
    if (text.includes('-----BEGIN ')) return 'certain';
    return text.startsWith('ssh-') ? 'possible' : undefined;
  },
  explain: ({ text, json }, console) => explain(text, json, console),
};

export const jwks: ExplainKind = {
  id: 'jwks',
  label: 'a JWK set',
  fits: ({ json }) => (json && (Array.isArray(json.keys) || 'kty' in json) ? 'certain' : undefined),
  explain: ({ text, json }, console) => explain(text, json, console),
};
