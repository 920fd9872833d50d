import type { Answer } from '@alongside/kernel/answer';
import { type Passed, steps } from '@alongside/kernel/steps';
import { listLogouts, sendLogoutAgain } from '../../oauth/openid/logout-log.ts';
import { type ConsoleCall, requireConsole } from './caller.ts';
import { errors } from './errors.ts';

const answerDeliveries = ({ request, console }: ConsoleCall & Passed<'console'>): Promise<Answer> =>
  listLogouts(console.parts.logouts, request.query, errors.requestInvalid);

const sendAgain = ({ console, id }: ConsoleCall & Passed<'console'> & { id: string }): Promise<Answer> =>
  sendLogoutAgain(console.parts.logouts, id, errors.deliveryUnknown);

/** `GET /authorisation/deliveries`: the log of the platform's back-channel logout. */
export const listDeliveries = steps<ConsoleCall>('authorisation.deliveries')
  .step(requireConsole)
  .step(answerDeliveries);

/** `POST /authorisation/deliveries/{id}/send`. */
export const sendDelivery = steps<ConsoleCall & { id: string }>('authorisation.delivery-send')
  .step(requireConsole)
  .step(sendAgain);
