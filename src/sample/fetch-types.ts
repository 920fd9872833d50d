import { Answer, type Headers as AnswerHeaders } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';

/** Returns a request of the listener as the client library takes it. */
export function requestOf(
  { method, path, query, headers: given, body }: HttpRequest,
  origin: string,
): Request {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`${origin}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: headersOf(given),
    ...(hasBody ? { body } : {}),
  });
}

/** Returns a response of the client library as an answer of a service. */
export async function answerOf(response: Response): Promise<Answer> {
  const headers: AnswerHeaders = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return new Answer(response.status, headers, await response.text());
}

/** Returns an answer of a service as a response of the client library. */
export function responseOf({ status, headers: given, body }: Answer): Response {
  return new Response(String(body), { status, headers: headersOf(given) });
}

function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const item of [value].flat()) if (item !== undefined) headers.append(name, item);
  }
  return headers;
}
