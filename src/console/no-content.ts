import { Answer } from '@alongside/kernel/answer';

/** Done, and nothing to say (RFC 9110 section 15.3.5). */
export const noContent = (): Answer => new Answer(204, { 'cache-control': 'no-store' });
