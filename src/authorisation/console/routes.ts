import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, Route } from '@alongside/kernel/http';
import { route, withoutMethodErrors } from '@alongside/kernel/route';
import { type Passed, steps } from '@alongside/kernel/steps';
import { listLogouts, sendLogoutAgain } from '../../oauth/openid/logout-log.ts';
import type { Base } from '../base.ts';
import { errorFormat } from '../diagnosis.ts';
import { errors as serviceErrors } from '../errors.ts';
import type { PlatformParts } from '../parts.ts';
import { paths } from '../protocol.ts';
import { type ConsoleCall, requireConsole } from './caller.ts';
import { errors } from './errors.ts';
import { mint } from './mint.ts';

const answerDeliveries = ({ request, console }: ConsoleCall & Passed<'console'>): Promise<Answer> =>
  listLogouts(console.parts.logouts, request.query, errors.requestInvalid);

const sendAgain = ({ console, id }: ConsoleCall & Passed<'console'> & { id: string }): Promise<Answer> =>
  sendLogoutAgain(console.parts.logouts, id, errors.deliveryUnknown);

/** `GET /authorisation/deliveries`: the log of the platform's back-channel logout. */
const listDeliveries = steps<ConsoleCall>('authorisation.deliveries')
  .step(requireConsole)
  .step(answerDeliveries);

/** `POST /authorisation/deliveries/{id}/send`. */
const sendDelivery = steps<ConsoleCall & { id: string }>('authorisation.delivery-send')
  .step(requireConsole)
  .step(sendAgain);

const format = errorFormat({ ...serviceErrors, unexpected: errors.unexpected });

/** Returns the routes for the console; none without a secret, and minting only in development. */
export function createConsoleRoutes(
  bases: readonly Base[],
  parts: PlatformParts,
  createValidate: (console: ConsoleCall['console']) => Endpoint,
): Route[] {
  const { consoleSecret: secret, personSource, development } = parts;
  if (secret === undefined) return [];
  const console = { secret, bases, parts };
  const post = (path: string, endpoint: Endpoint): Route[] =>
    withoutMethodErrors(route(path, { POST: { endpoint, errors: format } }));
  return [
    ...withoutMethodErrors(
      route(paths.deliveries, {
        GET: { endpoint: (request) => listDeliveries.run({ request, console }), errors: format },
      }),
    ),
    ...withoutMethodErrors(
      route(`${paths.deliveries}/:id/send`, {
        POST: {
          endpoint: (request) => sendDelivery.run({ request, console, id: request.params.id }),
          errors: format,
        },
      }),
    ),
    ...post(paths.validate, createValidate(console)),
    ...(development && personSource
      ? post(paths.tokens, (request) => mint.run({ request, console, personSource }))
      : []),
  ];
}
