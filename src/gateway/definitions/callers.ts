import { type ApiRecord, type OperationModel, satisfies } from './model.ts';

export const isOpen = ({ grants: needed }: OperationModel): boolean => needed.length === 0;

const givenBy = ({ model }: Pick<ApiRecord, 'model'>) => model.access.flatMap((mode) => mode.grants);

/** Returns whether some caller may call an operation. An API key needs no access mode, because an application without products passes. */
function isCallable(record: Pick<ApiRecord, 'model'>, { grants: needed }: OperationModel): boolean {
  const given = givenBy(record);
  return (
    needed.length === 0 ||
    needed.some((need) => need === 'app-level0' || given.some((held) => satisfies(held, need)))
  );
}

export const openOperations = ({ model }: Pick<ApiRecord, 'model'>): OperationModel[] =>
  model.operations.filter(isOpen);

/** Returns a sentence about the access of an API that needs a decision of the operator; undefined if there is none. */
export function noticeOf(record: Pick<ApiRecord, 'model' | 'open' | 'name'>): string | undefined {
  const { model, open, name } = record;
  if (!model.operations.some((operation) => isCallable(record, operation)))
    return 'No application can call this API: no access mode gives what its operations need. Name grants in access of x-nhsd-apim, in the file or with --extension FILE.';
  const count = openOperations(record).length;
  if (open !== undefined || count === 0 || givenBy(record).length > 0) return undefined;
  return `Anyone may call ${count} of its operations, and an earlier version did not ask whether they should. Confirm it with alongside api edit ${name} --open, or give it access: alongside api edit ${name} FILE --extension FILE.`;
}
