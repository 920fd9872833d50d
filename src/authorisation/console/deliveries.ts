import { type Answer, json } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import { type Passed, steps } from '@alongside/kernel/steps';
import type { DeliveriesAnswer, DeliveryAnswer } from '../../cis2/protocol.ts';
import type { LogoutDelivery } from '../logouts.ts';
import { type ConsoleCall, requireConsole } from './caller.ts';
import { errors } from './errors.ts';

const most = 200;

/** The platform learns of the end of a session from its provider, without a cause. */
const cause = 'endedAtProvider';

const shown = ({ id, body, ...delivery }: LogoutDelivery): DeliveryAnswer => {
  const { sid, uid, clientId, address } = body;
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

async function answerDeliveries({ request, console }: ConsoleCall & Passed<'console'>): Promise<Answer> {
  const since = new URLSearchParams(request.query).get('since');
  const moment = since === null ? 0 : Date.parse(since);
  if (Number.isNaN(moment)) throw errors.requestInvalid('since is no ISO time');
  const list = await console.parts.logouts.since(moment, most);
  return json(200, { deliveries: list.map(shown) } satisfies DeliveriesAnswer);
}

async function sendAgain({ console, id }: ConsoleCall & Passed<'console'> & { id: string }): Promise<Answer> {
  const delivery = await console.parts.logouts.sendAgain(id);
  if (!delivery) throw errors.deliveryUnknown(`no delivery is ${id.slice(0, 100)}`);
  return json(200, shown(delivery));
}

/** `GET /authorisation/deliveries`: the log of the platform's back-channel logout. */
export const listDeliveries = steps<ConsoleCall>('authorisation.deliveries')
  .step(requireConsole)
  .step(answerDeliveries);

/** `POST /authorisation/deliveries/{id}/send`. */
export const sendDelivery = steps<ConsoleCall & { id: string }>('authorisation.delivery-send')
  .step(requireConsole)
  .step(sendAgain);
