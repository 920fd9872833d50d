import { reasonOf } from '@alongside/kernel/errors';

export interface Asked {
  /** Undefined without a response; `problem` is then the reason. */
  status: number | undefined;
  /** The response as JSON; undefined if it is not JSON. */
  body: unknown;
  problem: string | undefined;
}

const patience = 5_000;
const longest = 1_048_576;

/** Sends one request. Never throws. @param token sent as a bearer token */
export async function ask(address: string, token?: string): Promise<Asked> {
  try {
    const response = await fetch(address, {
      redirect: 'manual',
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      signal: AbortSignal.timeout(patience),
    });
    const text = (await response.text()).slice(0, longest);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return { status: response.status, body, problem: undefined };
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return { status: undefined, body: undefined, problem: reasonOf(cause) || String(cause) };
  }
}
