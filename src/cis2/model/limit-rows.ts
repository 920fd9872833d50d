import type { HttpRequest } from '@alongside/kernel/http';
import type { AnonymousRows } from '../../oauth/anonymous-rows.ts';
import { sharedErrors } from '../errors/shared.ts';

/** Counts a row that an unauthenticated request creates. Throws `tooManyRows` beyond the limit of its network. */
export type LimitRows = (request: Pick<HttpRequest, 'address'>) => Promise<void>;

export const limitingRows =
  (rows: AnonymousRows): LimitRows =>
  async ({ address }) => {
    if (!(await rows.admits(address)))
      throw sharedErrors.tooManyRows('the network, or all together, are over the limit');
  };
