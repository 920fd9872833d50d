import type { AccessMode, Call, Restriction } from '../api.ts';
import { errors } from '../errors/catalogue.ts';
import { attributeOf } from './back-end-headers.ts';
import { type Grant, grants, satisfies, scopesAt, scopesOfGrant } from './model.ts';
import type { OperationFinder } from './operation-finder.ts';
import type { StoredApi } from './store.ts';

/** The `acr_values` that request each level from CIS2 (RFC 9470 section 4). */
const acrOf: Readonly<Partial<Record<Grant, string>>> = {
  'nhs-cis2-aal1': 'AAL1_USERPASS',
  'nhs-cis2-aal2': 'AAL2_OR_AAL3_ANY',
  'nhs-cis2-aal3': 'AAL3_ANY',
};

/** Returns the refusal of a user who signed in at a lower level than one of these grants needs; undefined for other tokens. */
export function levelRefusal(needed: readonly Grant[], held: ReadonlySet<string>, api: string) {
  for (const grant of needed) {
    const acr = acrOf[grant];
    const kind = grant.replace(/\d$/, '');
    const lower = grants
      .filter((one) => one.startsWith(kind) && !satisfies(one, grant))
      .flatMap((one) => scopesAt(one, api));
    if (acr !== undefined && lower.some((scope) => held.has(scope)))
      return errors.insufficientAuthentication(`the operation needs ${grant}`, { acr });
  }
  return undefined;
}

/** Returns the rules of a definition, in the order in which they are checked. */
export function restrictionsOf(
  api: StoredApi,
  find: OperationFinder,
  modes: readonly AccessMode[],
): Restriction[] {
  const { settings, model, name } = api;
  const all = modes.map((mode) => mode.name);
  const operationOf = (call: Call) => find(call.verb, call.path)?.operation;
  const isMet = (call: Call) => {
    const needed = operationOf(call)?.grants ?? [];
    return (
      needed.length === 0 ||
      needed.some((grant) => scopesOfGrant(grant, name).some((scope) => call.scopes.has(scope)))
    );
  };
  const lackingAttribute = ({ application }: Call) =>
    model.attributes.find(
      (attribute) => attribute.required && attributeOf(application, api, attribute.name) === undefined,
    );
  const { organisation, operations, assurance } = settings;
  const organisationOf = (call: Call) => call.client.get(organisation?.header ?? '') ?? '';
  const vectors = assurance?.vot;
  return [
    {
      modes: all,
      forbids: (call) => !isMet(call),
      refuse: (call) =>
        levelRefusal(operationOf(call)?.grants ?? [], call.scopes, name) ??
        errors.noProductMatch(`${operationOf(call)?.key} needs ${operationOf(call)?.grants.join(' or ')}`),
    },
    {
      modes: Object.keys(operations ?? {}),
      forbids: (call) =>
        !(operations?.[call.mode.name as keyof typeof operations] ?? []).includes(
          operationOf(call)?.key ?? '',
        ),
      refuse: ({ mode }) =>
        errors.operationForbidden(`x-alongside.operations does not list it for ${mode.name}`),
    },
    {
      modes: assurance?.ial === undefined ? [] : ['user-restricted'],
      forbids: ({ token }) =>
        Number(token.attributes['id_token-id-assurance-level'] ?? 0) < (assurance?.ial ?? 0),
      refuse: () => errors.identityUnproven(`the identity assurance level is below ${assurance?.ial}`),
    },
    {
      modes: vectors === undefined ? [] : ['patient-access'],
      forbids: ({ token }) => !vectors?.includes(token.attributes['id_token-vot'] ?? ''),
      refuse: () => errors.identityUnproven('the vector of trust is not one of x-alongside.assurance.vot'),
    },
    {
      modes: organisation?.required ? all : [],
      forbids: (call) => organisationOf(call) === '',
      refuse: () => errors.missingOrganisation('', { header: organisation?.header ?? '' }),
    },
    {
      modes: organisation?.allow === undefined ? [] : all,
      forbids: (call) => {
        const permitted = attributeOf(call.application, api, organisation?.allow ?? '') ?? '';
        return organisationOf(call) !== '' && !permitted.split(/[\s,]+/).includes(organisationOf(call));
      },
      refuse: () =>
        errors.organisationForbidden(`the attribute ${organisation?.allow} does not list it`, {
          header: organisation?.header ?? '',
        }),
    },
    {
      modes: all,
      forbids: (call) => lackingAttribute(call) !== undefined,
      refuse: (call) => errors.missingAttribute('', { attribute: lackingAttribute(call)?.name ?? '' }),
    },
  ];
}
