import { errors } from '../errors.ts';
import type { NeighbourAnswer } from '../neighbour.ts';

/** What CIS refuses of an import, with its place there. */
export function refusedByCis(place: string, { status, body }: NeighbourAnswer): Error {
  const { field, problem, error_description: description } = (body ?? {}) as Record<string, string>;
  return errors.requestInvalid(`CIS answered ${status}`, {
    field: `${place}${field ? `.${field}` : ''}`,
    problem: problem ?? description ?? 'was refused by CIS',
  });
}
