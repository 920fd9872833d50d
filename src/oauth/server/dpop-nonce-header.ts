import type { Answer } from '@alongside/kernel/answer';
import type { HttpRequest } from '@alongside/kernel/http';
import type { AuthorizationServer } from './server.ts';

/** Adds the nonce of the client's next DPoP proof to an answer, also to a refusal (RFC 9449 section 8.2). */
export const withNonce = (
  { proofNonces, announcesNonces }: Pick<AuthorizationServer, 'proofNonces' | 'announcesNonces'>,
  { headers }: HttpRequest,
  answer: Answer,
): Answer =>
  proofNonces && (announcesNonces === 'always' || headers.dpop !== undefined)
    ? answer.with({ 'dpop-nonce': proofNonces.current() })
    : answer;
