import { json } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { ErrorRenderer } from '../api.ts';
import { descriptionOf, errorNameOf } from './catalogue.ts';

/** Returns the status; the published proxies of PDS refuse an unknown path with 400. */
const statusOf = (refusal: Refusal): number =>
  errorNameOf(refusal) === 'unsupportedPath' ? 404 : Number(refusal.extra.status ?? refusal.entry.status);

/** Errors in the shape of `/oauth2` (RFC 6749 section 5.2), with the id by which `explain` finds the reason. */
export const oauth: ErrorRenderer = {
  render: (refusal, messageId) =>
    json(statusOf(refusal), {
      error: refusal.entry.code,
      error_description: descriptionOf(refusal),
      message_id: messageId,
    }),
  mirrors: () => true,
};
