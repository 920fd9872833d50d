import { reasonOf } from '@alongside/kernel/errors';
import { outbound } from '@alongside/kernel/outbound';
import { type Finding, ok, wrong } from '../../../identity-agent/doctor/report.ts';
import { ask, type Check, type ConsoleState } from './subject.ts';

const timeout = 5_000;
/** The callbacks of the combined pattern at the platform. */
const callbacks = ['/oauth2/callback', '/oauth2.1/callback'];

/** Asks CIS2 what a browser would get for the platform's authorization request. `HEAD` begins no sign-in. */
async function judgeCallback(
  { api, cis2Issuer }: ConsoleState['urls'],
  callback: string,
  clientId: string,
): Promise<Finding> {
  const redirectUri = `${api}${callback}`;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid nationalrbacaccess',
    state: 'alongside-doctor',
  });
  const at = new URL(cis2Issuer).origin;
  try {
    const { status, headers } = await outbound(
      `${cis2Issuer}/authorize?${query}`,
      { privateAddresses: true, direct: true },
      { method: 'HEAD', milliseconds: timeout },
    );
    // Other servers and proxies answer with a page.
    if (status === 204)
      return ok(`CIS2 at ${at} accepts a sign-in that returns to ${redirectUri}.`, callback);
    const id = headers['x-message-id'];
    return wrong(
      `CIS2 at ${at} refuses a sign-in that returns to ${redirectUri} with ${status}.`,
      `Start every process with the same --url-api and --url-cis2. The registration of the platform at CIS2 (alongside app show platform) must contain this address. alongside explain ${id ?? 'ID'} has the reason.`,
      callback,
    );
  } catch (error) {
    // The check of the services names the problem.
    const detail = `No sign-in was tried: CIS2 at ${at} does not answer (${reasonOf(error)}).`;
    return { outcome: 'remark', of: callback, detail };
  }
}

/** Checks that a combined sign-in passes through the public addresses, as far as it can without a card. */
export const signIn: Check = {
  name: 'sign-in',
  async run({ console, origin, stateFile }) {
    if (!console) return [];
    const token = stateFile && 'state' in stateFile ? stateFile.state.operator?.token : undefined;
    const { body } = await ask(`${origin}/api/v1/applications/platform`, token);
    const clientId = (body as { cis2?: { clientId?: unknown } } | undefined)?.cis2?.clientId;
    if (typeof clientId !== 'string')
      return [
        { outcome: 'remark', detail: 'No sign-in was tried: the API platform is no client of this CIS2.' },
      ];
    return Promise.all(callbacks.map((callback) => judgeCallback(console.urls, callback, clientId)));
  },
};
