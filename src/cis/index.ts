import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import { withoutMethodErrors } from '@alongside/kernel/route';
import type { Vault } from '@alongside/kernel/secrets';
import type { RegularTask, Service, Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { createAdmission, type ServiceSecrets } from './callers.ts';
import { CardExaminer } from './card/examination.ts';
import { actRoutes } from './cards/acts.ts';
import { Cards } from './cards/cards.ts';
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
import { Authorities } from './issuing-authority/authority.ts';
import { CardCertificates } from './issuing-authority/card-certificates.ts';
import { CertificateRecords } from './issuing-authority/certificate-records.ts';
import type { LegacySettings } from './legacy/index.ts';
import { legacyRoutes } from './legacy/routes.ts';
import { cisLimits, createNetworkLimits, Limiter } from './limits.ts';
import { Mails } from './mail/mails.ts';
import { outboxRoutes } from './mail/outbox-routes.ts';
import { personMailRoutes } from './mail/person-mail-routes.ts';
import type { SmtpSettings } from './mail/smtp.ts';
import type { Person } from './protocol.ts';
import { publicRoutes } from './public.ts';
import { type CheckerDependencies, RevocationChecker } from './revocation/checker.ts';
import type { ExternalIssuer } from './revocation/external-issuers.ts';
import { OwnCrl } from './revocation/own-crl.ts';
import { revocationRoutes } from './revocation/revocation-routes.ts';
import { createAgentCalls } from './sessions/agent-calls.ts';
import { Agents } from './sessions/agents.ts';
import { sessionEndStatement } from './sessions/audit-records.ts';
import { Challenges, challengeRoutes } from './sessions/challenge.ts';
import { clockMovedRoutes } from './sessions/clock-moved.ts';
import { Delivery, type deliveryTimes, type Subscriber } from './sessions/delivery.ts';
import { EndWatch } from './sessions/end-watch.ts';
import { Endings } from './sessions/endings.ts';
import { Grounds } from './sessions/grounds.ts';
import { presenceRoutes } from './sessions/presence.ts';
import { proofRoutes } from './sessions/proof.ts';
import { sessionCallRoutes } from './sessions/session-calls.ts';
import { Sessions } from './sessions/sessions.ts';
import { signInRoutes } from './sessions/sign-in.ts';

export interface CisDeps {
  clock: Clock;
  database: Database;
  singleUse: SingleUse;
  settings: Settings;
  audit: AuditLog;
  /** Of the service `cis`, ES256. */
  keys: SigningKeys;
  vault: Vault;
  recorder: Recorder;
  background: Background;
  log: Log;
  urls: Urls;
  development: boolean;
  /** Takes and issues virtual cards outside development as well. */
  allowVirtualCards: boolean;
  /** Who is told of ended sessions: origins and the secrets they know CIS by. */
  subscribers: readonly Subscriber[];
  serviceSecrets: ServiceSecrets;
  /** Where mail is sent to, as the object says at each mail; without it mails stay in the outbox. */
  smtp?: SmtpSettings;
  /** Whether holders unlock cards by a mailed code; they do by default. */
  selfService?: boolean;
  /** By which codes people hold positions of the registration authority; the published ones unless told. */
  positions?: Partial<PositionCodes>;
  /** Switches the legacy interface on. */
  legacy?: LegacySettings;
  limits?: Partial<typeof cisLimits>;
  /** Authorities of others whose cards are accepted, as the list says at each card. */
  externalIssuers?: readonly ExternalIssuer[];
  /** How their revocation is asked for. */
  revocation?: Partial<Pick<CheckerDependencies, 'privateAddresses' | 'patience'>>;
  /** Milliseconds of the deliveries to subscribers; for tests. */
  delivery?: typeof deliveryTimes;
}

/** Milliseconds between two looks for what is over or waits, and for old records. */
const often = 5_000;
const hour = 3_600_000;

/** CIS behind a listener; `sweep` does all regular work at once. */
export interface CisService extends Service {
  sweep(): Promise<void>;
}

/** CIS: directory, issuing authority of virtual cards, sign-in with a card, sessions. */
export function createCis(deps: CisDeps): CisService {
  const { clock, database, singleUse, audit, recorder, background, log, keys } = deps;
  const virtualCards = deps.development || deps.allowVirtualCards;
  const origin = deps.urls.cis;

  const admit = createAdmission(deps.serviceSecrets);
  const directory = new Directory(database);
  const authorities = new Authorities(deps.settings, deps.vault, clock);
  const records = new CertificateRecords(database);
  const cards = new Cards(database, records, deps.vault, clock);
  const certificates = new CardCertificates(authorities, clock, origin);
  const limiter = new Limiter(database, clock);
  const limits = { ...cisLimits, ...deps.limits };
  const mails = new Mails({ database, clock, background, log, vault: deps.vault, smtp: deps.smtp });
  const codes = new UnlockCodes(database, deps.vault, clock, mails);
  const examiner = new CardExaminer({
    clock,
    authorities,
    records,
    virtualCards,
    external: {
      issuers: deps.externalIssuers ?? [],
      checker: new RevocationChecker({ clock, log, privateAddresses: deps.development, ...deps.revocation }),
    },
  });
  const delivery = new Delivery({ database, clock, background, log }, deps.subscribers, deps.delivery);
  const sessions = new Sessions(database, singleUse, clock, (ended) => [
    ...delivery.queueStatements(ended),
    sessionEndStatement(audit, ended),
  ]);
  const agents = new Agents(database, clock);
  const challenges = new Challenges(singleUse);
  const watch = new EndWatch(sessions, clock, background, log);
  const endings = new Endings({
    ...{ sessions, delivery, watch, recorder, background, log },
    durable: () => database.durable(),
  });
  const calls = createAgentCalls({ clock, singleUse, endings, origin });
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

  async function personChanged(uid: string, person: Person | null): Promise<void> {
    if (person === null || person.disabled) {
      await endings.announce(await sessions.endAllOf(uid, person === null ? 'administrator' : 'disabled'));
    } else {
      await sessions.keepRoles(
        uid,
        person.roles.map(({ roleId }) => roleId),
      );
    }
  }

  const shared = {
    ...{ clock, database, singleUse, audit, recorder, keys, origin, admit, vault: deps.vault },
    ...{ directory, authorities, records, certificates, cards, codes, examiner, limiter, limits },
    ...{ sessions, agents, challenges, endings, watch, calls, sweep, mails, virtualCards },
    networks: createNetworkLimits({ database, clock }, limits),
    keptRecords: new KeptRecords(database, records),
    serviceSecrets: deps.serviceSecrets,
    selfService: deps.selfService ?? true,
    settings: deps.settings,
    development: deps.development,
    changed: personChanged,
    positions: { ...publishedPositions, ...deps.positions },
    activities: new Activities(deps.settings),
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
      ...revocationRoutes(shared),
      ...outboxRoutes(shared),
      ...personMailRoutes(shared),
      ...challengeRoutes(shared),
      ...signInRoutes(shared),
      ...sessionCallRoutes(shared),
      ...proofRoutes(shared),
      ...presenceRoutes(shared),
      ...clockMovedRoutes(shared),
      ...(deps.legacy ? legacyRoutes(shared, deps.legacy) : []),
    ]),
    clientCertificates: (deps.legacy?.clients ?? []).length > 0,
    sweep,
    regularWork,
    start() {
      if (!deps.smtp && !deps.development)
        log.warn(
          {},
          'no mail server is configured: users get no code to unlock a card and no notice about their authenticators',
        );
    },
    stop() {
      delivery.stop();
      mails.stop();
    },
  };
}
