import type { Clock } from '@alongside/kernel/clock';
import { reasonOf } from '@alongside/kernel/errors';
import type { Recorder } from '@alongside/kernel/events';
import type { SigningKeys } from '@alongside/kernel/keys';
import type { Log } from '@alongside/kernel/log';
import type { Vault } from '@alongside/kernel/secrets';
import type { Service, Urls } from '../service.ts';
import type { AuditLog } from '../storage/audit.ts';
import type { Database } from '../storage/database.ts';
import type { Settings } from '../storage/settings.ts';
import type { SingleUse } from '../storage/single-use.ts';
import { type Caller, createAdmission } from './callers.ts';
import { CardExaminer } from './card/examination.ts';
import { Directory } from './directory/directory.ts';
import { peopleRoutes } from './directory/people.ts';
import { Authorities } from './issuing-authority/authority.ts';
import { CertificateRecords } from './issuing-authority/certificate-records.ts';
import { issueRoutes } from './issuing-authority/issue.ts';
import type { Person } from './protocol.ts';
import { publicRoutes } from './public.ts';
import { createAgentCalls } from './sessions/agent-calls.ts';
import { Agents } from './sessions/agents.ts';
import { Challenges, challengeRoutes } from './sessions/challenge.ts';
import { clockMovedRoutes } from './sessions/clock-moved.ts';
import { Delivery, type deliveryTimes, type Subscriber } from './sessions/delivery.ts';
import { Endings } from './sessions/endings.ts';
import { presenceRoutes } from './sessions/presence.ts';
import { proofRoutes } from './sessions/proof.ts';
import { sessionCallRoutes } from './sessions/session-calls.ts';
import { Sessions } from './sessions/sessions.ts';
import { signInRoutes } from './sessions/sign-in.ts';
import { Sweep, sweepEvery } from './sessions/sweep.ts';

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
  log: Log;
  urls: Urls;
  development: boolean;
  /** Takes and issues virtual cards outside development as well. */
  allowVirtualCards: boolean;
  /** Who is told of ended sessions: origins and the secrets they know CIS by. */
  subscribers: readonly Subscriber[];
  serviceSecrets: Readonly<Record<Caller, string>>;
  /** Milliseconds of the deliveries to subscribers; for tests. */
  delivery?: typeof deliveryTimes;
}

/** CIS behind a listener; `sweep` ends what is over at once. */
export interface CisService extends Service {
  sweep(): Promise<void>;
}

/** CIS: directory, issuing authority of virtual cards, sign-in with a card, sessions. */
export function createCis(deps: CisDeps): CisService {
  const { clock, database, singleUse, audit, recorder, log, keys } = deps;
  const virtualCards = deps.development || deps.allowVirtualCards;
  const origin = deps.urls.cis;

  const admit = createAdmission(deps.serviceSecrets);
  const directory = new Directory(database);
  const authorities = new Authorities(deps.settings, deps.vault, clock);
  const records = new CertificateRecords(database);
  const examiner = new CardExaminer({ clock, authorities, records, virtualCards });
  const sessions = new Sessions(database, singleUse, clock);
  const agents = new Agents(database, clock);
  const challenges = new Challenges(singleUse);
  const delivery = new Delivery(deps.subscribers, log, deps.delivery);
  const endings = new Endings({ sessions, delivery, recorder, audit, log });
  const calls = createAgentCalls({ clock, singleUse, endings, origin });
  const sweep = new Sweep(sessions, agents, endings, clock);

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

  let timer: NodeJS.Timeout | undefined;
  return {
    routes: [
      ...publicRoutes(keys, database),
      ...peopleRoutes({ directory, audit, admit, changed: personChanged }),
      ...issueRoutes({ clock, directory, authorities, records, audit, admit, virtualCards }),
      ...challengeRoutes(challenges, recorder),
      ...signInRoutes({
        clock,
        challenges,
        examiner,
        directory,
        sessions,
        endings,
        calls,
        keys,
        recorder,
        audit,
        origin,
      }),
      ...sessionCallRoutes({ calls, challenges, examiner, directory, sessions, endings, recorder, audit }),
      ...proofRoutes({ calls, examiner, recorder, admit }),
      ...presenceRoutes({ agents, calls, admit }),
      ...clockMovedRoutes({ sessions, agents, sweep, admit }),
    ],
    sweep: () => sweep.run(),
    start() {
      timer = setInterval(() => {
        sweep
          .run()
          .catch((error) => log.error({ error: reasonOf(error) }, 'a sweep for ended sessions failed'));
      }, sweepEvery);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      delivery.stop();
    },
  };
}
