import type { Answer } from '@alongside/kernel/answer';
import type { Clock } from '@alongside/kernel/clock';
import type { Recorder } from '@alongside/kernel/events';
import type { Statement } from '../../storage/database.ts';
import type { AssuranceLevel } from '../model/acr.ts';
import type { Finish } from './finish.ts';
import type { Opened } from './open.ts';

/** Who signed in just now, and how. */
export interface Brought {
  /** Id of the authenticator. */
  authenticator: string;
  uid: string;
  /** `amr` values. */
  methods: string[];
  level: AssuranceLevel;
  /** The credential that was used; its end is the end of what it signed in. Null where there is none. */
  credentialId: string | null;
  /** When the person did something for it, in milliseconds; now, where it is not said. */
  personAt?: number;
}

/**
 * How an authenticator without an agent ends: the sign-in goes its way to the client.
 * @param spends conditional writes without which it counts no more, such as the use of the credential.
 */
export type Bring = (opened: Opened, brought: Brought, spends: readonly Statement[]) => Promise<Answer>;

export const bringing = ({
  clock,
  recorder,
  finish,
}: {
  clock: Clock;
  recorder: Recorder;
  finish: Finish;
}): Bring =>
  async function bring(opened, { level, personAt, ...brought }, spends) {
    const now = clock.now();
    recorder.record({
      keys: [opened.interaction.authorization.state ?? '', opened.interaction.id],
      from: 'browser',
      to: 'cis2',
      name: 'cis2.sign-in',
      detail: { authenticator: brought.authenticator, level },
    });
    const authentication = {
      ...brought,
      level: { nhs: level, others: level },
      personAt: personAt ?? now,
      provenAt: now,
      proofCounts: false,
      cisSessionId: null,
      agentId: null,
      roleId: null,
    };
    return finish.run({ ...opened, authentication, spends, confirmed: false });
  };
