import { Background } from '@alongside/kernel/background';
import { AdjustableClock } from '@alongside/kernel/clock';
import { EventRecorder, type Keeping } from '@alongside/kernel/events';
import { type KidStyle, SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import { Applications } from '../oauth/applications.ts';
import { Developers } from '../oauth/developers.ts';
import { Products } from '../oauth/products.ts';
import { Tokens } from '../oauth/tokens.ts';
import { AuditLog, type AuditOptions } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import { StoredEvents } from '../storage/events.ts';
import { clockOffsetSetting, Settings } from '../storage/settings.ts';
import { StoredKeys } from '../storage/signing-keys.ts';
import { SingleUse } from '../storage/single-use.ts';
import { clearOldHappenings } from './old-happenings.ts';

/** What stands between storage and the services: one of each for the whole process. */
export interface Core {
  clock: AdjustableClock;
  database: Database;
  settings: Settings;
  singleUse: SingleUse;
  audit: AuditLog;
  events: StoredEvents;
  recorder: EventRecorder;
  /** What no request waits for, and stopping does. */
  background: Background;
  applications: Applications;
  products: Products;
  developers: Developers;
  tokens: Tokens;
  keys: Record<'cis' | 'cis2' | 'authorisation' | 'mock', SigningKeys>;
  /** Stops regular work. */
  stop(): void;
}

const sweepEvery = 60_000;

export async function createCore(
  database: Database,
  vault: Vault,
  options: { movableClock: boolean; cis2Kids: KidStyle; events: Keeping; log: Log; audit?: AuditOptions },
): Promise<Core> {
  const clock = new AdjustableClock();
  const settings = new Settings(database);
  const events = new StoredEvents(database);
  const recorder = new EventRecorder(clock, events, options.events);
  events.readAfter(() => recorder.keep());
  const store = new StoredKeys(database, vault);
  const keys = {
    cis: new SigningKeys('cis', store, clock),
    cis2: new SigningKeys('cis2', store, clock, options.cis2Kids),
    authorisation: new SigningKeys('authorisation', store, clock),
    mock: new SigningKeys('mock', store, clock),
  };
  const singleUse = new SingleUse(database, clock);
  const tokens = new Tokens(database, clock);
  const background = new Background();
  const { log } = options;
  const audit = new AuditLog(database, clock, vault, { log, ...options.audit });

  const readClock = async () => {
    if (options.movableClock) clock.setOffset(Number((await settings.get(clockOffsetSetting)) ?? 0));
  };
  await readClock();
  await audit.tick();
  const unwatch = database.onForeignChange(() => {
    for (const service of Object.values(keys)) service.forget();
    background.run(log, 'the clock could not be read', readClock);
  });
  const sweep = setInterval(() => {
    background.run(log, 'a regular clearing failed; it is tried again', () =>
      Promise.all([
        singleUse.sweep(),
        tokens.sweep(),
        clearOldHappenings({ events, now: clock.now() }),
        audit.tick(),
        ...Object.values(keys).map((service) => service.keepSchedule()),
      ]),
    );
  }, sweepEvery);
  sweep.unref();

  return {
    clock,
    database,
    settings,
    singleUse,
    audit,
    events,
    recorder,
    background,
    applications: new Applications(database, clock),
    products: new Products(database),
    developers: new Developers(database),
    tokens,
    keys,
    stop() {
      unwatch();
      clearInterval(sweep);
    },
  };
}
