import assert from 'node:assert/strict';
import { secretOf } from './applications.ts';
import { changed, type Platform, type Reply } from './platform.ts';

type Change = Record<string, string | undefined>;

/** Returns an authorization request of the combined pattern. */
export const authorizeRequest = (id = 'combined', change: Change = {}): Record<string, string> =>
  changed(
    {
      client_id: `key-of-${id}`,
      redirect_uri: `https://${id}.test/callback`,
      response_type: 'code',
      state: 'state-of-the-client',
    },
    change,
  );

/** Follows the redirects from the authorization request through the provider to the client. */
export async function throughBrowser(
  platform: Platform,
  start: string,
  query: Record<string, string>,
): Promise<Reply> {
  const sent = await platform.get(start, query);
  assert.equal(sent.status, 302, sent.text);
  const cookie = sent.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const provided = await platform.call(sent.location ?? '');
  return platform.call(provided.location ?? '', cookie === '' ? {} : { headers: { cookie } });
}

/** Signs a user in and returns the code. */
export async function codeOf(
  platform: Platform,
  base = '/oauth2',
  id = 'combined',
  change: Change = {},
): Promise<string> {
  const back = await throughBrowser(platform, `${base}/authorize`, authorizeRequest(id, change));
  const code = back.location?.searchParams.get('code');
  assert.ok(code, `${back.status} ${back.text} ${back.location}`);
  return code;
}

/** The token request for a code. */
export const codeRequest = (code: string, id = 'combined', change: Change = {}): Record<string, string> =>
  changed(
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: `https://${id}.test/callback`,
      client_id: `key-of-${id}`,
      client_secret: secretOf(id),
    },
    change,
  );

/** Signs a user in and exchanges the code. */
export async function tokensOf(
  platform: Platform,
  base = '/oauth2',
  id = 'combined',
  change: Change = {},
): Promise<Record<string, string>> {
  const answer = await platform.post(
    `${base}/token`,
    codeRequest(await codeOf(platform, base, id), id, change),
  );
  assert.equal(answer.status, 200, answer.text);
  return answer.body as Record<string, string>;
}

export const refreshRequest = (token: string, id = 'combined', change: Change = {}): Record<string, string> =>
  changed(
    {
      grant_type: 'refresh_token',
      refresh_token: token,
      client_id: `key-of-${id}`,
      client_secret: secretOf(id),
    },
    change,
  );

/** Compares an error with the expected status, `error` and `error_description`, and finds its reason by the message id. */
export async function assertError(
  platform: Platform,
  answer: Reply,
  status: number,
  error: string,
  description: string,
): Promise<void> {
  const { message_id: messageId, ...body } = answer.body as Record<string, string>;
  assert.deepEqual({ status: answer.status, ...body }, { status, error, error_description: description });
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  const kept = await platform.refusals.find(messageId ?? '');
  assert.ok(kept, `nothing is kept under ${messageId}`);
  assert.notEqual(kept.detail, '');
}
