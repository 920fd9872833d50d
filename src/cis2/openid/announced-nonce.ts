import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest } from '@alongside/kernel/http';
import type { ProofNonces } from '../../oauth/dpop-nonce.ts';

type Render = (thrown: unknown, request: HttpRequest) => Answer;

/**
 * Tells a client that sends DPoP proofs the nonce of its next one (RFC 9449 section 8.2), in answers and in refusals. Without
 * nonces nothing changes, and for other clients never.
 */
export function announcing(nonces: ProofNonces | undefined): {
  endpoint(endpoint: Endpoint): Endpoint;
  render(render: Render): Render;
} {
  const told = (answer: Answer, { headers }: HttpRequest): Answer =>
    nonces && headers.dpop !== undefined ? answer.with({ 'dpop-nonce': nonces.current() }) : answer;
  return {
    endpoint: (endpoint) => async (request) => told(await endpoint(request), request),
    render: (render) => (thrown, request) => told(render(thrown, request), request),
  };
}
