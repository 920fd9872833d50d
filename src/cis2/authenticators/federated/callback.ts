import { redirect } from '@alongside/kernel/answer';
import type { HttpRequest, Route } from '@alongside/kernel/http';
import { parseParameters, withQuery } from '../../../oauth/parameters.ts';
import type { SingleUse } from '../../../storage/single-use.ts';
import { requestErrors } from '../../errors/request.ts';
import { signInErrors } from '../../sign-in/errors.ts';
import { visitOf } from './visits.ts';

/** What an answer of a provider is made of; nothing else goes on. */
const carried = ['state', 'code', 'iss', 'error'] as const;

/**
 * `GET /federated/{provider}/callback`: leads to where the state belongs, and does nothing else. Only the browser that
 * began there can go on there.
 */
export const callbackRoute = (singleUse: SingleUse): Route => ({
  methods: ['GET'],
  path: '/federated/:provider/callback',
  async endpoint(request: HttpRequest) {
    const query = parseParameters(request.query);
    if (!query || query.repeated() !== undefined)
      throw requestErrors.requestMalformed('the answer of a provider');
    const visit = await visitOf(singleUse, query.get('state'));
    // The address says which provider answers: another one's state does not count here.
    if (!visit || visit.provider !== request.path.split('/')[2])
      throw signInErrors.interactionUnknown('no visit at this provider has this state');
    const values = Object.fromEntries(carried.map((name) => [name, query.get(name)]));
    return redirect(withQuery(`${visit.within}/return`, values));
  },
});
