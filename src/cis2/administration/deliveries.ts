import { type Answer, json } from '@alongside/kernel/answer';
import { isoTime } from '@alongside/kernel/clock';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { consolePaths, type DeliveriesAnswer, type DeliveryAnswer } from '../protocol.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import type { Deliveries, Delivery } from '../sessions/deliveries.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface DeliveryDependencies {
  consoleSecret: string;
  deliveries: Deliveries;
}

type Start<Params = unknown> = Call<DeliveryDependencies, Params>;

const most = 200;
const shown = (delivery: Delivery): DeliveryAnswer => {
  const { id, sid, uid, clientId, address, cause, state, attempts, result } = delivery;
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
    createdAt: isoTime(delivery.createdAt),
    triedAt: delivery.triedAt === null ? null : isoTime(delivery.triedAt),
    dueAt: state === 'pending' ? isoTime(delivery.dueAt) : null,
  };
};

async function answerDeliveries({ request, provider }: Start & Passed<'console'>): Promise<Answer> {
  const since = new URLSearchParams(request.query).get('since');
  const moment = since === null ? 0 : Date.parse(since);
  if (Number.isNaN(moment)) throw administrationErrors.queryInvalid('since is no ISO time');
  const list = await provider.deliveries.since(moment, most);
  return json(200, { deliveries: list.map(shown) } satisfies DeliveriesAnswer);
}

async function sendAgain({ request, provider }: Start<{ id: string }> & Passed<'console'>): Promise<Answer> {
  const { id } = request.params;
  const delivery = await provider.deliveries.sendAgain(id);
  if (!delivery) throw administrationErrors.deliveryUnknown(`no delivery is ${id.slice(0, 100)}`);
  return json(200, shown(delivery) satisfies DeliveryAnswer);
}

const list = steps<Start>('cis2.deliveries').step(requireConsole).step(answerDeliveries);
const send = steps<Start<{ id: string }>>('cis2.delivery-send').step(requireConsole).step(sendAgain);

/** `GET /cis2/deliveries` and `POST /cis2/deliveries/{id}/send`: the log of back-channel logout. */
export function deliveryRoutes(provider: DeliveryDependencies): Route[] {
  const handler = handlersOf(provider, serviceError);
  return [
    ...route(consolePaths.deliveries, { GET: handler(list) }),
    ...route('/cis2/deliveries/:id/send', { POST: handler(send) }),
  ];
}
