import type { Background } from '@alongside/kernel/background';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { HttpRequest } from '@alongside/kernel/http';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { Cards } from './cards/cards.ts';
import { KeptRecords } from './cards/kept-records.ts';
import { personChangeStatements } from './cards/person-changes.ts';
import { type PositionCodes, publishedPositions } from './cards/positions.ts';
import { UnlockCodes } from './cards/unlock-codes.ts';
import { Activities } from './directory/activities.ts';
import { Directory } from './directory/directory.ts';
import type { ServiceSecrets } from './endpoint.ts';
import { CardExaminer } from './examination/examiner.ts';
import { Authorities } from './issuing-authority/authority.ts';
import { CardCertificates } from './issuing-authority/card-certificates.ts';
import { CertificateRecords } from './issuing-authority/certificate-records.ts';
import type { LegacySettings } from './legacy/services.ts';
import { cisLimits, createNetworkLimits, Limiter } from './limits.ts';
import { Mails } from './mail/mails.ts';
import type { SmtpSettings } from './mail/smtp.ts';
import type { Person } from './protocol.ts';
import { type CheckerDependencies, RevocationChecker } from './revocation/checker.ts';
import type { ExternalIssuer } from './revocation/external-issuers.ts';
import { OwnCrl } from './revocation/own-crl.ts';
import { Agents } from './sessions/agents.ts';
import { sessionEndStatement } from './sessions/audit-records.ts';
import { Challenges } from './sessions/challenge.ts';
import { Delivery, type deliveryTimes, type Subscriber } from './sessions/delivery.ts';
import { EndWatch } from './sessions/end-watch.ts';
import { Endings } from './sessions/endings.ts';
import { Grounds } from './sessions/grounds.ts';
import { Sessions } from './sessions/sessions.ts';
import { SigningCertificates } from './signing/signing-certificates.ts';

/** The services and settings of CIS. */
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
  revocation?: Partial<Pick<CheckerDependencies, 'privateAddresses' | 'timeouts'>>;
  /** Times of the deliveries to subscribers in milliseconds; for tests. */
  delivery?: typeof deliveryTimes;
}

/** The stores and rules of CIS, which its routes share. */
export function createServices(dependencies: CisDependencies) {
  const { clock, database, singleUse, settings, background, log, vault, smtp } = dependencies;
  const origin = dependencies.urls.cis;
  const limits = { ...cisLimits, ...dependencies.limits };

  const directory = new Directory(database);
  const authorities = new Authorities(settings, vault, clock);
  const records = new CertificateRecords(database);
  const mails = new Mails({ database, clock, background, log, vault, smtp });
  const positions = { ...publishedPositions, ...dependencies.positions };
  const sessionParts = createSessions(dependencies);
  const signingCertificates = new SigningCertificates(database, authorities, records, clock, origin);

  return {
    ...dependencies,
    origin,
    directory,
    authorities,
    records,
    mails,
    limits,
    ...sessionParts,
    certificates: new CardCertificates(authorities, clock, origin),
    signingCertificates,
    cards: new Cards(database, records, vault, clock),
    codes: new UnlockCodes(database, vault, clock, mails),
    examiner: createExaminer(dependencies, authorities, records),
    limiter: new Limiter(database, clock),
    agents: new Agents(database, clock),
    challenges: new Challenges(singleUse),
    virtualCards: acceptsVirtualCards(dependencies),
    networks: createNetworkLimits({ database, clock }, limits),
    keptRecords: new KeptRecords(database, records),
    selfService: dependencies.selfService ?? true,
    positions,
    activities: new Activities(settings),
    crl: new OwnCrl(database, authorities, records, clock),
    personChangeStatements: (
      request: Pick<HttpRequest, 'headers'>,
      before: Person | undefined,
      after: Person,
    ) => personChangeStatements({ mails, clock, positions }, request, before, after),
    async changed(uid: string, person: Person | null) {
      if (person === null || person.disabled) await signingCertificates.revoke(uid, 'cessationOfOperation');
      await updateSessions(sessionParts, uid, person);
      // The response does not wait for the mail server.
      mails.begin();
    },
  };
}

/** See `createServices`. */
export type CisServices = ReturnType<typeof createServices>;

const acceptsVirtualCards = ({ development, allowVirtualCards }: CisDependencies): boolean =>
  development || allowVirtualCards;

function createExaminer(
  dependencies: CisDependencies,
  authorities: Authorities,
  records: CertificateRecords,
): CardExaminer {
  const { clock, log, development: privateAddresses, revocation } = dependencies;
  const checker = new RevocationChecker({ clock, log, privateAddresses, ...revocation });
  return new CardExaminer({
    clock,
    authorities,
    records,
    virtualCards: acceptsVirtualCards(dependencies),
    external: { issuers: dependencies.externalIssuers ?? [], checker },
  });
}

/** Creates the sessions at workstations, and how they end. */
function createSessions(dependencies: CisDependencies) {
  const { clock, database, singleUse, audit, recorder, background, log, subscribers } = dependencies;
  const delivery = new Delivery({ database, clock, background, log }, subscribers, dependencies.delivery);
  const sessions = new Sessions(database, singleUse, clock, (ended) => [
    ...delivery.queueStatements(ended),
    sessionEndStatement(audit, ended),
  ]);
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
  return { delivery, sessions, watch, endings, grounds: new Grounds(database, clock, endings) };
}

/** Updates the open sessions of a changed person; null for a removed one. */
async function updateSessions(
  { sessions, endings }: ReturnType<typeof createSessions>,
  uid: string,
  person: Person | null,
): Promise<void> {
  if (person !== null && !person.disabled) {
    const roleIds = person.roles.map(({ roleId }) => roleId);
    await sessions.keepRoles(uid, roleIds);
    return;
  }
  await endings.announce(await sessions.endAllOf(uid, person === null ? 'administrator' : 'disabled'));
}
