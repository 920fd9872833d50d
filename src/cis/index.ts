import { json } from '@alongside/kernel/answer';
import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import { plainError, type Route } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { networkAddress } from '@alongside/kernel/networks';
import { readOnly, route, withoutMethodErrors } from '@alongside/kernel/route';
import type { Vault } from '@alongside/kernel/secrets';
import type { RegularTask, Service, Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { CardExaminer } from './card/examination.ts';
import { actRoutes } from './cards/acts.ts';
import { Cards } from './cards/cards.ts';
import { examinationRoutes } from './cards/examine.ts';
import { issueRoutes } from './cards/issue.ts';
import { KeptRecords, keptRecordRoutes } from './cards/kept-records.ts';
import { type PositionCodes, publishedPositions } from './cards/positions.ts';
import { renewalRoutes } from './cards/renewal.ts';
import { unlockRoutes } from './cards/unlock.ts';
import { UnlockCodes } from './cards/unlock-codes.ts';
import { Activities } from './directory/activities.ts';
import { Directory } from './directory/directory.ts';
import { peopleRoutes } from './directory/people.ts';
import { transferRoutes } from './directory/transfer.ts';
import type { ServiceSecrets } from './endpoint.ts';
import { Authorities } from './issuing-authority/authority.ts';
import { CardCertificates } from './issuing-authority/card-certificates.ts';
import { CertificateRecords } from './issuing-authority/certificate-records.ts';
import { legacyRoutes } from './legacy/routes.ts';
import type { LegacySettings } from './legacy/services.ts';
import { cisLimits, createNetworkLimits, Limiter } from './limits.ts';
import { Mails } from './mail/mails.ts';
import { outboxRoutes, personMailRoutes } from './mail/routes.ts';
import type { SmtpSettings } from './mail/smtp.ts';
import type { CisReads, Person } from './protocol.ts';
import { type CheckerDependencies, RevocationChecker } from './revocation/checker.ts';
import type { ExternalIssuer } from './revocation/external-issuers.ts';
import { OwnCrl } from './revocation/own-crl.ts';
import { authorityRoutes, revocationRoutes } from './revocation/revocation-routes.ts';
import { Agents, presenceRoutes } from './sessions/agents.ts';
import { sessionEndStatement } from './sessions/audit-records.ts';
import { Challenges, challengeRoutes } from './sessions/challenge.ts';
import { clockMovedRoutes, consoleSessionRoutes } from './sessions/console-calls.ts';
import { Delivery, type deliveryTimes, type Subscriber } from './sessions/delivery.ts';
import { EndWatch } from './sessions/end-watch.ts';
import { Endings } from './sessions/endings.ts';
import { Grounds } from './sessions/grounds.ts';
import { proofRoutes } from './sessions/proof.ts';
import { stateOf } from './sessions/session.ts';
import { sessionCallRoutes } from './sessions/session-calls.ts';
import { Sessions } from './sessions/sessions.ts';
import { signInRoutes } from './sessions/sign-in.ts';

export interface CisDependencies {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  settings: Settings;
  audit: AuditLog;
  /** ES256 keys of the service `cis`. */
  keys: SigningKeys;
  vault: Vault;
  recorder: Recorder;
  background: Background;
  log: Log;
  urls: Urls;
  development: boolean;
  /** Whether virtual cards are accepted and issued outside development too. */
  allowVirtualCards: boolean;
  /** Services that receive ended sessions, with the secrets that authenticate CIS. */
  subscribers: readonly Subscriber[];
  serviceSecrets: ServiceSecrets;
  /** The mail server, read for each mail. Without one, mails stay in the outbox. */
  smtp?: SmtpSettings;
  /** Whether holders may unlock cards with a mailed code; true by default. */
  selfService?: boolean;
  /** RBAC codes of the positions in the registration authority; the published ones by default. */
  positions?: Partial<PositionCodes>;
  /** Enables the legacy interface. */
  legacy?: LegacySettings;
  limits?: Partial<typeof cisLimits>;
  /** Other accepted card authorities. The list is read for each card. */
  externalIssuers?: readonly ExternalIssuer[];
  /** Settings of the revocation checks of their cards. */
  revocation?: Partial<Pick<CheckerDependencies, 'privateAddresses' | 'patience'>>;
  /** Times of the deliveries to subscribers in milliseconds; for tests. */
  delivery?: typeof deliveryTimes;
}

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
  const { clock, database, singleUse, settings, audit, recorder, background, log, keys, vault } =
    dependencies;
  const { development, serviceSecrets, smtp, legacy } = dependencies;
  const virtualCards = development || dependencies.allowVirtualCards;
  const origin = dependencies.urls.cis;

  const directory = new Directory(database);
  const authorities = new Authorities(settings, vault, clock);
  const records = new CertificateRecords(database);
  const cards = new Cards(database, records, vault, clock);
  const certificates = new CardCertificates(authorities, clock, origin);
  const limiter = new Limiter(database, clock);
  const limits = { ...cisLimits, ...dependencies.limits };
  const mails = new Mails({ database, clock, background, log, vault, smtp });
  const codes = new UnlockCodes(database, vault, clock, mails);
  const examiner = new CardExaminer({
    clock,
    authorities,
    records,
    virtualCards,
    external: {
      issuers: dependencies.externalIssuers ?? [],
      checker: new RevocationChecker({
        clock,
        log,
        privateAddresses: development,
        ...dependencies.revocation,
      }),
    },
  });
  const delivery = new Delivery(
    { database, clock, background, log },
    dependencies.subscribers,
    dependencies.delivery,
  );
  const sessions = new Sessions(database, singleUse, clock, (ended) => [
    ...delivery.queueStatements(ended),
    sessionEndStatement(audit, ended),
  ]);
  const agents = new Agents(database, clock);
  const challenges = new Challenges(singleUse);
  const watch = new EndWatch(sessions, clock, background, log);
  const endings = new Endings({
    sessions,
    delivery,
    watch,
    recorder,
    background,
    log,
    durable: () => database.durable(),
  });
  const grounds = new Grounds(database, clock, endings);
  const regularWork: readonly RegularTask[] = [
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
  const sweep = async () => {
    for (const task of regularWork) await task.run();
  };

  /** Updates the open sessions of a changed person; null for a removed one. */
  async function changed(uid: string, person: Person | null): Promise<void> {
    if (person === null || person.disabled) {
      await endings.announce(await sessions.endAllOf(uid, person === null ? 'administrator' : 'disabled'));
    } else {
      const roleIds = person.roles.map(({ roleId }) => roleId);
      await sessions.keepRoles(uid, roleIds);
    }
  }

  const shared = {
    clock,
    database,
    singleUse,
    settings,
    audit,
    recorder,
    keys,
    vault,
    origin,
    development,
    serviceSecrets,
    directory,
    authorities,
    records,
    certificates,
    cards,
    codes,
    examiner,
    limiter,
    limits,
    sessions,
    agents,
    challenges,
    endings,
    watch,
    changed,
    sweep,
    mails,
    virtualCards,
    networks: createNetworkLimits({ database, clock }, limits),
    keptRecords: new KeptRecords(database, records),
    selfService: dependencies.selfService ?? true,
    positions: { ...publishedPositions, ...dependencies.positions },
    activities: new Activities(settings),
    crl: new OwnCrl(database, authorities, records, clock),
  };

  return {
    routes: withoutMethodErrors([
      ...publicRoutes(keys),
      ...peopleRoutes(shared),
      ...transferRoutes(shared),
      ...issueRoutes(shared),
      ...actRoutes(shared),
      ...keptRecordRoutes(shared),
      ...unlockRoutes(shared),
      ...renewalRoutes(shared),
      ...examinationRoutes(shared),
      ...revocationRoutes(shared),
      ...outboxRoutes(shared),
      ...personMailRoutes(shared),
      ...challengeRoutes(shared),
      ...signInRoutes(shared),
      ...sessionCallRoutes(shared),
      ...consoleSessionRoutes(shared),
      ...authorityRoutes(shared),
      ...proofRoutes(shared),
      ...presenceRoutes(shared),
      ...clockMovedRoutes(shared),
      ...(legacy ? legacyRoutes(shared, legacy) : []),
    ]),
    clientCertificates: (legacy?.clients ?? []).length > 0,
    reads: {
      person: async (uid) => (await directory.find(uid))?.person,
      async session(id) {
        const session = await endings.read(id);
        return session && stateOf(session);
      },
      agentsAt: (address) => agents.at(networkAddress(address)),
    },
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

/** `GET /jwks`: the public keys of CIS, without authentication. */
function publicRoutes(keys: SigningKeys): Route[] {
  async function answerKeys() {
    await keys.ensure('ES256');
    return json(200, await keys.jwks());
  }

  return route('/jwks', readOnly({ endpoint: answerKeys, errors: plainError }));
}
