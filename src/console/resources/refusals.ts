import { paths } from '../../authorisation/protocol.ts';
import { type ApiCall, defineCall } from '../api/call.ts';
import { type Neighbour, relayed } from '../neighbour.ts';

/** `GET /refusals/{id}`: the reason behind a public error, by the `message_id` that it carried. */
export const refusalCalls = ({ platform }: { platform: Neighbour }): ApiCall[] => [
  defineCall({
    method: 'GET',
    path: '/refusals/{id}',
    summary: 'Why the platform refused a request: what was expected and what came',
    answers: { 200: 'The reason', 404: 'Nothing is kept under this message id' },
    handle: async ({ part }) =>
      relayed(await platform.call({ method: 'GET', path: paths.refusal(part('id')) })),
  }),
];
