import { seconds } from '@alongside/kernel/clock';
import { decodeJwt } from '@alongside/kernel/jws';
import { resultsOf } from '../../check.ts';
import { assertionRules, clientOf, signatureCheck, unusedCheck } from '../../client-assertion.ts';
import type { Probe } from '../../trial.ts';
import type { AuthenticationServer, WithRegistration } from './method.ts';
import { assertionRulesOf } from './private-key-jwt.ts';

/** Returns the checks of a client assertion for a dry run: its client, its claims, then its signature. */
export const assertionProbes = <K extends WithRegistration>(
  server: AuthenticationServer<K>,
  nameOf: (client: K['client']) => string,
): Probe[] => [
  {
    check: 'client',
    expected: `a client of ${server.issuer} in iss and sub`,
    async step({ assertion }: { assertion: string }) {
      const jwt = decodeJwt(assertion);
      if (!jwt) throw server.errors.assertionInvalid('it is not a compact JWS');
      const known = await server.findClient(clientOf(jwt) ?? '');
      if (!known) throw server.errors.assertionInvalid('no client has this iss and sub');
      return { ...known, jwt };
    },
    needed: true,
    received: ({ client }: K) => nameOf(client),
  },
  {
    async rules({ client: { registration }, jwt }: K & { jwt: NonNullable<ReturnType<typeof decodeJwt>> }) {
      const rules = assertionRulesOf(server, registration);
      const checks = [
        ...resultsOf(assertionRules, { jwt, rules, now: seconds(server.clock) }),
        await signatureCheck(jwt, registration, server.clientKeys),
        await unusedCheck(jwt, rules, server.singleUse),
      ];
      return checks.map((check) => ({ ...check, refuse: server.errors.assertionInvalid }));
    },
  },
];
