import type { Answer } from '@alongside/kernel/answer';
import type { Route } from '@alongside/kernel/http';
import { route } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { listLogouts, sendLogoutAgain } from '../../oauth/openid/logout-log.ts';
import { consolePaths } from '../protocol.ts';
import { type Call, handlersOf, serviceError } from '../responses/error-answers.ts';
import type { Deliveries } from '../sessions/deliveries.ts';
import { requireConsole } from './caller.ts';
import { administrationErrors } from './errors.ts';

interface DeliveryDependencies {
  consoleSecret: string;
  deliveries: Deliveries;
}

type Start<Params = unknown> = Call<DeliveryDependencies, Params>;

const answerDeliveries = ({ request, provider }: Start & Passed<'console'>): Promise<Answer> =>
  listLogouts(provider.deliveries, request.query, administrationErrors.queryInvalid);

const sendAgain = ({ request, provider }: Start<{ id: string }> & Passed<'console'>): Promise<Answer> =>
  sendLogoutAgain(provider.deliveries, request.params.id, administrationErrors.deliveryUnknown);

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
