import { reasonOf } from '@alongside/kernel/errors';
import { outbound } from '@alongside/kernel/outbound';

export interface HttpProbe {
  /** Undefined without a response; `problem` is then the reason. */
  status: number | undefined;
  /** The response as JSON; undefined if it is not JSON. */
  body: unknown;
  problem: string | undefined;
}

const patience = 5_000;

/** Sends one request. Never throws. @param token sent as a bearer token */
export async function ask(address: string, token?: string): Promise<HttpProbe> {
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await outbound(address, { privateAddresses: true }, { headers, milliseconds: patience });
    let body: unknown;
    try {
      body = JSON.parse(answer.body);
    } catch {
      body = undefined;
    }
    return { status: answer.status, body, problem: undefined };
  } catch (error) {
    return { status: undefined, body: undefined, problem: reasonOf(error) };
  }
}
