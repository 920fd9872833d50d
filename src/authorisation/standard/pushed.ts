import { PushedRequests } from '../../oauth/pushed-requests.ts';
import type { Base } from '../base.ts';
import type { Parts } from '../parts.ts';

/** The authorization requests that clients pushed at this base path. */
export const pushedAt = ({ issuer }: Base, parts: Pick<Parts, 'singleUse' | 'clock'>): PushedRequests =>
  new PushedRequests('authorisation-pushed', issuer, parts);
