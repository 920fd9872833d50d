import type { HttpRequest } from '@alongside/kernel/http';
import type { AnonymousRows } from '../../oauth/anonymous-rows.ts';
import type { Statement } from '../../storage/database.ts';
import { sharedErrors } from '../errors/shared.ts';

/**
 * Counts the rows that an unauthenticated request creates, and creates them in the same batch: one for each statement. Without
 * statements it counts one row, which the caller creates. Throws `tooManyRows` beyond the limit of its network.
 */
export type LimitRows = (
  request: Pick<HttpRequest, 'address'>,
  statements?: readonly Statement[],
) => Promise<void>;

export const limitingRows =
  (rows: AnonymousRows): LimitRows =>
  async ({ address }, statements) => {
    if (!(await (statements ? rows.create(address, statements) : rows.admits(address))))
      throw sharedErrors.tooManyRows('the network, or all together, are over the limit');
  };
