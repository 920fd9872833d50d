import assert from 'node:assert/strict';
import type { Surface } from './surface.ts';

/** The first form of a page, as published test code parses it. */
export interface ScrapedForm {
  id: string;
  method: string;
  action: string;
  inputs: Record<string, string>;
}

const entities: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};
const unescaped = (text: string) => text.replace(/&(?:lt|gt|quot|#39|amp);/g, (one) => entities[one] ?? one);

const attributes = (tag: string): Map<string, string> =>
  new Map(
    [...tag.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, unescaped(value)]),
  );

/** Parses the first form of a page. Fails for an input without name or value, as helpers for the published mock do. */
export function scrape(page: string): ScrapedForm {
  const [, head = '', inside = ''] = /<form([^>]*)>([\s\S]*?)<\/form>/.exec(page) ?? [];
  assert.notEqual(head, '', `there is no form in ${page}`);
  const form = attributes(head);
  const inputs: Record<string, string> = {};
  for (const [, tag = ''] of inside.matchAll(/<input([^>]*)>/g)) {
    const input = attributes(tag);
    assert.ok(input.has('name') && input.has('value'), `no name or no value in ${tag}`);
    inputs[input.get('name') ?? ''] = input.get('value') ?? '';
  }
  return {
    id: form.get('id') ?? '',
    method: form.get('method') ?? '',
    action: form.get('action') ?? '',
    inputs,
  };
}

/** A session of an HTTP library with a cookie jar, which does not follow redirects. */
export class HttpSession {
  readonly cookies = new Map<string, string>();

  async request(address: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(address, { redirect: 'manual', headers: cookie ? { cookie } : {}, ...init });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return answer;
  }

  post(address: string, values: Record<string, string>): Promise<Response> {
    return this.request(address, { method: 'POST', body: new URLSearchParams(values) });
  }
}

/** Signs a user in by the form, as published helpers do. Returns the address of the redirect. */
export async function signIn(
  surface: Surface,
  request: Record<string, string>,
  username = '656005750108',
  realm?: string,
): Promise<URL> {
  const session = new HttpSession();
  const shown = await session.request(`${surface.at('auth', realm)}?${new URLSearchParams(request)}`);
  assert.equal(shown.status, 200, await shown.clone().text());
  const form = scrape(await shown.text());
  const answer = await session.post(form.action, { ...form.inputs, username });
  assert.equal(answer.status, 302, await answer.text());
  return new URL(answer.headers.get('location') ?? '');
}

export interface TokenAnswer {
  access_token: string;
  id_token: string;
  expires_in: number;
  token_type: string;
  error?: string;
}

/** Posts to the token endpoint. */
export async function askForTokens(
  surface: Surface,
  form: Record<string, string>,
  realm?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: TokenAnswer; headers: Headers }> {
  const answer = await fetch(surface.at('token', realm), {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  return { status: answer.status, body: (await answer.json()) as TokenAnswer, headers: answer.headers };
}
