import { type Answer, json } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import type { Refusal } from '@alongside/kernel/errors';
import type { Message } from '../../storage/outbox.ts';

/** A logout token for one client. */
interface LoggedLogout {
  sid: string;
  uid: string;
  clientId: string;
  address: string;
  /** Undefined at the platform: its provider reports the end of a session without a cause. */
  cause?: string;
}

/** The log of back-channel logout of one service. */
interface LogoutLog {
  since(time: number, limit: number): Promise<Message<LoggedLogout>[]>;
  sendAgain(id: string): Promise<Message<LoggedLogout> | undefined>;
}

type Refuse = (detail: string) => Refusal;

const most = 200;

/** The form is `deliveryAnswer` of `src/cis2/protocol.ts`. */
const shown = ({ id, body, ...delivery }: Message<LoggedLogout>) => {
  const { sid, uid, clientId, address, cause = 'endedAtProvider' } = body;
  const { state, attempts, result, createdAt, triedAt, dueAt } = delivery;
  return {
    id,
    sid,
    uid,
    clientId,
    address,
    cause,
    state,
    attempts,
    result,
    createdAt: isoTime(createdAt),
    triedAt: triedAt === null ? null : isoTime(triedAt),
    dueAt: state === 'pending' ? isoTime(dueAt) : null,
  };
};

/** Returns the newest messages, those after `since` of the query if it is there. */
export async function listLogouts(log: LogoutLog, query: string, refuse: Refuse): Promise<Answer> {
  const since = new URLSearchParams(query).get('since');
  const moment = since === null ? 0 : Date.parse(since);
  if (Number.isNaN(moment)) throw refuse('since is no ISO time');
  const list = await log.since(moment, most);
  return json(200, { deliveries: list.map(shown) });
}

/** Sends a message again at once and returns it as it is then. */
export async function sendLogoutAgain(log: LogoutLog, id: string, refuse: Refuse): Promise<Answer> {
  const delivery = await log.sendAgain(id);
  if (!delivery) throw refuse(`no delivery is ${id.slice(0, 100)}`);
  return json(200, shown(delivery));
}
