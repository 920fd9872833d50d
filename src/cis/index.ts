import { json } from '@alongside/kernel/answer';
import { plainError, type Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import { networkAddress } from '@alongside/kernel/networks';
import { readOnly, route, withoutMethodErrors } from '@alongside/kernel/route';
import type { RegularTask, Service } from '../service.ts';
import { actRoutes } from './cards/acts.ts';
import { examinationRoutes } from './cards/examine.ts';
import { issueRoutes } from './cards/issue.ts';
import { keptRecordRoutes } from './cards/kept-records.ts';
import { renewalRoutes } from './cards/renewal.ts';
import { unlockRoutes } from './cards/unlock.ts';
import { peopleRoutes } from './directory/people.ts';
import { transferRoutes } from './directory/transfer.ts';
import { legacyRoutes } from './legacy/routes.ts';
import type { LegacySettings } from './legacy/services.ts';
import { outboxRoutes, personMailRoutes } from './mail/routes.ts';
import type { CisReads } from './protocol.ts';
import { authorityRoutes, revocationRoutes } from './revocation/revocation-routes.ts';
import { type CisDependencies, type CisServices, createServices } from './services.ts';
import { presenceRoutes } from './sessions/agents.ts';
import { challengeRoutes } from './sessions/challenge.ts';
import { clockMovedRoutes, consoleSessionRoutes } from './sessions/console-calls.ts';
import { proofRoutes } from './sessions/proof.ts';
import { stateOf } from './sessions/session.ts';
import { sessionCallRoutes } from './sessions/session-calls.ts';
import { signInRoutes } from './sessions/sign-in.ts';
import { signingRoutes } from './signing/signing-routes.ts';

export type { CisDependencies } from './services.ts';

/** Milliseconds between runs of frequent and of hourly tasks. */
const often = 5_000;
const hour = 3_600_000;

/** The routes and tasks of CIS. `sweep` runs all tasks at once. */
export interface CisService extends Service {
  readonly reads: CisReads;
  sweep(): Promise<void>;
}

/** Creates CIS: directory, issuing authority of virtual cards, sign-in with a card, sessions. */
export function createCis(dependencies: CisDependencies): CisService {
  const { smtp, development, log, legacy } = dependencies;
  const services = createServices(dependencies);
  const regularWork = regularWorkOf(services);
  const sweep = async () => {
    for (const task of regularWork) await task.run();
  };
  return {
    routes: withoutMethodErrors(routesOf(services, sweep, legacy)),
    clientCertificates: (legacy?.clients ?? []).length > 0,
    reads: readsOf(services),
    sweep,
    regularWork,
    start() {
      if (!smtp && !development)
        log.warn(
          {},
          'no mail server is configured: users get no code to unlock a card and no notice about their authenticators',
        );
    },
  };
}

function regularWorkOf({
  endings,
  grounds,
  delivery,
  mails,
  sessions,
  agents,
  codes,
  limiter,
}: CisServices): readonly RegularTask[] {
  return [
    { service: 'cis', name: 'expired-sessions', every: often, run: () => endings.endExpired() },
    { service: 'cis', name: 'sessions-without-grounds', every: often, run: () => grounds.check() },
    { service: 'cis', name: 'left-messages', every: often, run: () => delivery.run() },
    { service: 'cis', name: 'mail', every: often, run: () => mails.run() },
    { service: 'cis', name: 'old-sessions', every: hour, run: () => sessions.forget() },
    { service: 'cis', name: 'old-agents', every: hour, run: () => agents.forget() },
    { service: 'cis', name: 'old-unlock-codes', every: hour, run: () => codes.forget() },
    { service: 'cis', name: 'old-messages', every: hour, run: () => delivery.sweep() },
    { service: 'cis', name: 'old-mail', every: hour, run: () => mails.sweep() },
    { service: 'cis', name: 'old-counts', every: hour, run: () => limiter.forget() },
  ];
}

const routesOf = (
  services: CisServices,
  sweep: () => Promise<void>,
  legacy: LegacySettings | undefined,
): Route[] => [
  ...publicRoutes(services.keys),
  ...peopleRoutes(services),
  ...transferRoutes(services),
  ...issueRoutes(services),
  ...actRoutes(services),
  ...keptRecordRoutes(services),
  ...unlockRoutes(services),
  ...renewalRoutes(services),
  ...examinationRoutes(services),
  ...revocationRoutes(services),
  ...signingRoutes(services),
  ...outboxRoutes(services),
  ...personMailRoutes(services),
  ...challengeRoutes(services),
  ...signInRoutes(services),
  ...sessionCallRoutes(services),
  ...consoleSessionRoutes(services),
  ...authorityRoutes(services),
  ...proofRoutes(services),
  ...presenceRoutes(services),
  ...clockMovedRoutes({ ...services, sweep }),
  ...(legacy ? legacyRoutes(services, legacy) : []),
];

/** The reads of services in the same process, without a request. */
const readsOf = ({ directory, endings, agents }: CisServices): CisReads => ({
  person: async (uid) => (await directory.find(uid))?.person,
  async session(id) {
    const session = await endings.read(id);
    return session && stateOf(session);
  },
  agentsAt: (address) => agents.at(networkAddress(address)),
});

/** `GET /jwks`: the public keys of CIS, without authentication. */
function publicRoutes(keys: SigningKeys): Route[] {
  async function answerKeys() {
    await keys.ensure('ES256');
    return json(200, await keys.jwks());
  }

  return route('/jwks', readOnly({ endpoint: answerKeys, errors: plainError }));
}
