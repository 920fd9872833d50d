import { Background } from '@alongside/kernel/background';
import { AdjustableClock, type Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import { EventRecorder, type Keeping } from '@alongside/kernel/events';
import type { KeyToken } from '@alongside/kernel/key-pairs';
import { type KidStyle, SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { CapturedMessages } from '../journeys/captured.ts';
import { placesOf } from '../journeys/lanes.ts';
import { JourneyRecorder } from '../journeys/recorder.ts';
import { Verdicts } from '../journeys/verdicts.ts';
import { Applications } from '../oauth/applications.ts';
import { Developers } from '../oauth/developers.ts';
import { Products } from '../oauth/products.ts';
import { Tokens } from '../oauth/tokens.ts';
import type { RegularTask, Urls } from '../service.ts';
import { AuditLog, type AuditOptions } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import { StoredEvents } from '../storage/events.ts';
import { Refusals } from '../storage/refusals.ts';
import { Settings } from '../storage/settings.ts';
import { StoredKeys } from '../storage/signing-keys.ts';
import { SingleUse } from '../storage/single-use.ts';

/** The shared objects of a process between storage and the services. */
export interface Core {
  clock: AdjustableClock;
  database: Database;
  settings: Settings;
  singleUse: SingleUse;
  audit: AuditLog;
  events: StoredEvents;
  recorder: EventRecorder;
  /** Follows every request. */
  journeys: JourneyRecorder;
  captured: CapturedMessages;
  refusals: Refusals;
  /** Work that no request waits for, but shutdown does. */
  background: Background;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  keys: Record<'cis' | 'cis2' | 'authorisation' | 'mock', SigningKeys>;
  regularWork: readonly RegularTask[];
  /** Stops watching other processes. */
  stop(): void;
}

const minute = 60_000;
/** Milliseconds to keep journey events: as long as sessions of CIS and CIS2. The audit log is never cleared. */
const eventsKept = 30 * 86_400_000;

const ownersOf = ({ authorisation, cis2, cis, mock }: Core['keys']) =>
  [
    ['Authorisation', authorisation],
    ['CIS2', cis2],
    ['CIS', cis],
    ['the mock realms', mock],
  ] as const;

interface CoreOptions {
  development: boolean;
  urls: Urls;
  /** Whether requests and responses are kept, with their secrets cut. */
  captures: boolean;
  /** The platform as a client of CIS2. */
  platform: string;
  cis2Kids: KidStyle;
  /** Creates the signing keys of production. */
  token?: KeyToken;
  events: Keeping;
  log: Log;
  audit?: AuditOptions;
}

function openKeys(database: Database, vault: Vault, clock: Clock, { cis2Kids, token }: CoreOptions) {
  const store = new StoredKeys(database, vault);
  return {
    cis: new SigningKeys('cis', store, clock, 'urlSafe', token),
    cis2: new SigningKeys('cis2', store, clock, cis2Kids, token),
    authorisation: new SigningKeys('authorisation', store, clock, 'urlSafe', token),
    mock: new SigningKeys('mock', store, clock),
  };
}

/** Opens the events and the messages of journeys, which their recorders complete each for the other. */
function openJourneys(
  {
    database,
    clock,
    vault,
    applications,
    keys,
  }: Pick<Core, 'database' | 'clock' | 'applications' | 'keys'> & {
    vault: Vault;
  },
  options: CoreOptions,
) {
  const events = new StoredEvents(database);
  const captured = new CapturedMessages(database, clock);
  const journeys: JourneyRecorder = new JourneyRecorder({
    clock,
    events,
    vault,
    places: placesOf(options.urls, options.platform),
    messages: captured,
    verdicts: options.captures ? new Verdicts({ applications, services: ownersOf(keys) }) : undefined,
    onLost: (error) => options.log.error({ detail: reasonOf(error) }, 'messages could not be stored'),
    finder: (values) => recorder.finder(values),
  });
  const recorder: EventRecorder = new EventRecorder(clock, events, {
    ...options.events,
    onDecided: (event) => journeys.outside(event),
  });
  events.readAfter(() => recorder.keep());
  return { events, captured, journeys, recorder };
}

export async function createCore(database: Database, vault: Vault, options: CoreOptions): Promise<Core> {
  const clock = new AdjustableClock();
  const settings = new Settings(database);
  const keys = openKeys(database, vault, clock, options);
  const applications = new Applications(database, clock);
  const { events, captured, journeys, recorder } = openJourneys(
    { database, clock, vault, applications, keys },
    options,
  );
  const unfollow = journeys.followCalls();
  const singleUse = new SingleUse(database, clock);
  const tokens = new Tokens(database, clock, vault);
  const background = new Background();
  const { log } = options;
  const audit = new AuditLog(database, clock, vault, { log, ...options.audit });
  const refusals = new Refusals(database, clock, {
    onLost: (error) => log.error({ detail: reasonOf(error) }, 'refusals could not be stored'),
  });

  const readClock = async () => {
    if (options.development) await settings.readClock(clock);
  };
  await readClock();
  await audit.sealOwn();
  await audit.maintain();
  let keysAt = database.stampOf(['signing_key']);
  const unwatch = database.onForeignChange(() => {
    const stamp = database.stampOf(['signing_key']);
    if (stamp === undefined || stamp !== keysAt) for (const service of Object.values(keys)) service.forget();
    keysAt = stamp;
    background.run(log, 'the clock could not be read', readClock);
  });
  return {
    clock,
    database,
    settings,
    singleUse,
    audit,
    events,
    recorder,
    journeys,
    captured,
    refusals,
    background,
    applications,
    products: new Products(database),
    developers: new Developers(database),
    tokens,
    keys,
    regularWork: regularWorkOf({ clock, audit, singleUse, tokens, captured, refusals, events, keys }),
    stop() {
      unwatch();
      unfollow();
    },
  };
}

/** Seals the audit log, deletes old rows and rotates signing keys. */
function regularWorkOf({
  clock,
  audit,
  singleUse,
  tokens,
  captured,
  refusals,
  events,
  keys,
}: Pick<
  Core,
  'clock' | 'audit' | 'singleUse' | 'tokens' | 'captured' | 'refusals' | 'events' | 'keys'
>): RegularTask[] {
  return [
    { service: 'core', name: 'audit-seals', every: minute, everyProcess: true, run: () => audit.sealOwn() },
    { service: 'core', name: 'audit-chains', every: minute, run: () => audit.maintain() },
    { service: 'core', name: 'old-audit-records', every: minute, run: () => audit.sweep() },
    { service: 'core', name: 'old-single-use', every: minute, run: () => singleUse.sweep() },
    { service: 'core', name: 'old-tokens', every: minute, run: () => tokens.sweep() },
    { service: 'core', name: 'old-captured', every: minute, run: () => captured.sweep() },
    { service: 'core', name: 'old-refusals', every: minute, run: () => refusals.sweep() },
    {
      service: 'core',
      name: 'old-events',
      every: minute,
      run: () => events.sweep(clock.now() - eventsKept),
    },
    {
      service: 'core',
      name: 'key-schedule',
      every: minute,
      run: async () => {
        for (const service of Object.values(keys)) await service.keepSchedule();
      },
    },
  ];
}
